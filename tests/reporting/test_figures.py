"""Every metric of a digest, calculated again from the events minute by minute, after random actions."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import Phase as HPhase
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import digest, figures
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from domain.reporting.metrics import calculate_metrics, merge_cohorts
from domain.statistics.survival import count_durations, kaplan_meier
from domain.tickets.event import Event, EventKind
from domain.tickets.filters import AgeRange, read
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.oncall.tables import escalations as escalations_table
from storage.oncall.tables import pages
from storage.operations.tables import timer_runs
from storage.operations.tables import timers as timers_table
from storage.store import Store
from storage.tickets.lists import ListReader
from storage.tickets.tables import tickets
from storage.transaction import Transaction
from tests.conftest import Clock
from tests.oncall.test_escalation_storage import ACTIONS, JO, LENA, MARIA, RAVI, TOM, does, fires
from tests.support.ready import COUNTER

MINUTE = timedelta(minutes=1)
K = EventKind
TARGETS = {"critical": (15, 60, 240), "high": (60, 240, 480), "medium": (240, 960, 2400), "low": (480, 2400, 4800)}
CLOSED = ("resolved", "verified", "withdrawn", "merged")
OURS = ("received", "acknowledged", "investigating", "fixing")
NEWS = (K.OPENED, K.ACKNOWLEDGED, K.STATUS, K.WAITING, K.REPLIED, K.DEFERRED, K.RETURNED, K.RESOLVED, K.REOPENED)
LEADS_TO = {K.OPENED: "received", K.ACKNOWLEDGED: "acknowledged", K.WAITING: "waiting", K.DEFERRED: "deferred",
            K.RETURNED: "investigating", K.RESOLVED: "resolved", K.VERIFIED: "verified", K.REOPENED: "investigating",
            K.MERGED: "merged", K.WITHDRAWN: "withdrawn"}  # fmt: skip


@dataclass
class Walk:
    """A ticket calculated independently of the product, step by step."""

    severity: str = "medium"
    status: str = "received"  # as lists show it: one that lapsed is received again
    promised: str = "received"  # as its promises see it
    owner: str = ""
    opened: datetime | None = None
    acknowledged: int | None = None
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    closed_at: datetime | None = None
    fixes: int = 0
    reopened: int = 0
    age: int = 0  # working minutes of today's severity
    spent: list[int] = field(default_factory=lambda: [0, 0, 0])
    missed: list[datetime | None] = field(default_factory=lambda: [None, None, None])
    ended: list[bool] = field(default_factory=lambda: [False, False, False])
    ages: dict[str, int] = field(default_factory=lambda: {"round": 0, "office": 0})
    seen: dict[str, int] | None = None
    closed: dict[str, int] | None = None

    @property
    def hours(self) -> str:
        return "round" if self.severity == "critical" else "office"

    @property
    def is_late(self) -> bool:
        return self.promised in OURS and any(self.missed[n] for n in range(3) if self.runs(n))

    def runs(self, goal: int) -> bool:
        if self.promised not in OURS or self.ended[goal]:
            return False
        return self.promised == "received" if goal == 0 else goal == 2 or self.promised != "received"

    def look(self, at: datetime) -> None:
        """Whose time is over."""
        for goal in range(3):
            if self.runs(goal) and self.spent[goal] >= TARGETS[self.severity][goal] and not self.missed[goal]:
                self.missed[goal] = at

    def minute(self, at: datetime) -> None:
        works = {"round": True, "office": at.weekday() < 5 and 9 <= at.hour < 17}
        self.look(at)
        for goal in range(3):
            if self.runs(goal) and works[self.hours]:
                self.spent[goal] += 1
        for hours, is_on in works.items():
            self.ages[hours] += is_on

    def happens(self, event: Event) -> None:
        self.look(event.at)
        if event.kind is K.OPENED:
            self.opened, self.severity = event.at, event.data["severity"]
        if event.kind is K.SEVERITY:
            self.severity = event.data["to"]
            for goal in range(3):
                if self.runs(goal) and self.spent[goal] < TARGETS[self.severity][goal]:
                    self.missed[goal] = None
        told = (
            event.data.get("to")
            if event.kind in (K.STATUS, K.ANSWERED, K.UNMERGED, K.REOPENED)
            else LEADS_TO.get(event.kind)
        )
        self.promised = told or self.promised
        self.status = told or self.status
        if event.kind is K.OWNER_SILENT:
            self.status = "received" if self.status in OURS else self.status
        if event.kind in NEWS:
            self.spent[1], self.missed[1] = 0, None
        self._moves(event)

    def _moves(self, event: Event) -> None:
        if self.promised not in ("received", "withdrawn", "merged") and self.seen is None:
            self.seen = dict(self.ages)
        if event.kind is K.RESOLVED:
            self.fixes, self.resolved_at = self.fixes + 1, event.at
        if event.kind is K.REOPENED and event.data["from"] in ("resolved", "verified"):
            self.reopened, self.reopened_at = self.reopened + 1, event.at
        if self.promised not in ("resolved", "verified"):
            self.resolved_at = None
        if self.promised not in CLOSED:
            self.closed_at = self.closed = None
        elif not self.closed_at:
            self.closed_at, self.closed = event.at, dict(self.ages)
        self.ended[0] = self.promised != "received"  # one that is reopened without an owner has to be taken again
        self.ended[1] = self.ended[2] = self.promised in CLOSED


def walked(log: list[Event], until: datetime) -> Walk:
    walk, at, rest = Walk(), log[0].at, list(log)
    while at < until:
        while rest and rest[0].at <= at:
            walk.happens(rest.pop(0))
        walk.minute(at)
        at += MINUTE
    for event in rest:
        walk.happens(event)
    walk.look(until)
    return walk


def everything(tx: Transaction, phase: Phase, until: datetime) -> list[Walk]:
    """Of every public ticket that is not praise."""
    mine = select(tickets.c.id).where(tickets.c.phase_id == phase.id, tickets.c.private.is_(False),
                                      tickets.c.type != "praise")  # fmt: skip
    return [walked(tx.tickets.list_events(id_), until) for id_ in tx.connection.scalars(mine)]


REPORTS = st.lists(
    st.tuples(
        st.sampled_from(list(Severity)),
        st.sampled_from([TicketType.BUG, TicketType.PRAISE, TicketType.SECURITY]),
        st.sampled_from(["Pay", "Time"]),
    ),
    min_size=2,
    max_size=5,
)
STEPS = st.lists(st.tuples(st.sampled_from([0, 7, 20, 65, 250, 1440]), st.sampled_from(ACTIONS), st.integers(0, 4),
                           st.integers(0, 4)), min_size=1, max_size=20)  # fmt: skip


@settings(
    max_examples=8,
    deadline=None,
    phases=[HPhase.explicit, HPhase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(  # taken, without an owner since, withdrawn and reopened
    [(Severity.CRITICAL, TicketType.BUG, "Time"), (Severity.LOW, TicketType.BUG, "Pay")],
    [(7, "take", 0, 1), (1440, "away", 0, 3), (20, "withdraw", 0, 2), (7, "reopen", 0, 4), (20, "reply", 1, 1)],
)
@given(REPORTS, STEPS)
def test_every_metric_matches_the_event_log(
    store: Store, clock: Clock, reports: list[tuple[Severity, TicketType, str]], steps: list[tuple[int, str, int, int]]
) -> None:
    clock.at = clock.at.replace(second=0, microsecond=0)
    app, phase = started(store, clock)
    made = [intake.open_ticket(app, Report(summary="Slow", severity=severity, type=kind, module=module),
                               person=(MARIA, TOM)[n % 2], intake=Intake.COMMAND, phase_key=phase.key).id
            for n, (severity, kind, module) in enumerate(reports)]  # fmt: skip
    for pause, action, one, other in steps:
        clock.forward(minutes=pause)
        fires(app)
        try:
            does(app, action, made[one % len(made)], made[other % len(made)])
        except Refused:
            continue
    clock.forward(minutes=3)
    fires(app)
    with store.read() as tx:
        agrees(tx, phase, clock())


def started(store: Store, clock: Clock) -> tuple[AppContext, Phase]:
    """A phase of its own for each example, in UTC; its digest comes at nine on every working day."""
    # Escalations of other examples would never end. SQLite gives their ids again, and with a run of the same timer at
    # the same moment still known, the new escalation's timer would fail and be late.
    with store.begin() as tx:
        for table in (pages, escalations_table, timer_runs):
            tx.connection.execute(delete(table))
        tx.connection.execute(update(timers_table).values(next_at=None))
    app, number = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00"), next(COUNTER)
    file = PhaseSettings(key=f"P{number}", name=f"Payday {number}", triage_channel=f"C{number:07}A", leads=(LENA.id,),
                     oncall_channel=f"C{number:07}B", responders=(JO.id, RAVI.id))  # fmt: skip
    return app, phases.apply_settings(app, file)


def agrees(tx: Transaction, phase: Phase, now: datetime) -> None:
    found = digest.digest_data(tx, phase, phase.digest_schedules[0], now, now)
    walks = everything(tx, phase, now)
    since = found.since

    def within(moment: datetime | None) -> bool:
        return moment is not None and since <= moment < now

    open_ = [w for w in walks if w.status not in CLOSED]
    assert found.count.opened == sum(within(w.opened) for w in walks)
    assert found.count.resolved == sum(within(w.resolved_at) for w in walks)
    assert found.count.reopened == sum(within(w.reopened_at) for w in walks)
    assert found.count.closed == sum(within(w.closed_at) for w in walks)
    assert found.count.breached == sum(within(w.missed[0]) or within(w.missed[2]) for w in walks)
    assert found.backlog.total == len(open_)
    assert found.backlog.severities == Counter(Severity(w.severity) for w in open_)
    assert found.backlog.unacknowledged == sum(w.status == "received" for w in open_)
    assert found.backlog.waiting_on_reporter == sum(w.status == "waiting" for w in open_)
    assert found.backlog.deferred == sum(w.status == "deferred" for w in open_)
    assert found.backlog.overdue == sum(w.is_late for w in open_)
    lists_agree(tx, phase, now, {"opened": found.count.opened, "resolved": found.count.resolved,
                                 "breached": found.count.breached}, since)  # fmt: skip
    measured(tx, phase, now, walks)


def lists_agree(tx: Transaction, phase: Phase, now: datetime, counts: dict[str, int], since: datetime) -> None:
    """Behind each number stands a list of as many tickets."""
    for moment, count in counts.items():
        asked = read(f"{AgeRange(moment, since, now)} public tasks")
        assert len(tx.lists.list_page(asked, [phase], ListReader(id=""), now, skip=0, limit=100)) == count


def measured(tx: Transaction, phase: Phase, now: datetime, walks: list[Walk]) -> None:
    """Compare medians with open tickets, targets met and reopenings."""
    found = calculate_metrics(
        merge_cohorts(figures.cohorts(tx, phase, now - figures.DEFAULT_PERIOD, now, ("severity",)).values())
    )
    seen = [w.seen[w.hours] for w in walks if w.seen]
    unseen = [(w.closed or w.ages)[w.hours] for w in walks if not w.seen]
    assert found.acknowledge.median == kaplan_meier(count_durations(seen, unseen)).quantile(0.5)
    done = [w.closed[w.hours] for w in walks if w.resolved_at and w.closed]
    rest = [(w.closed or w.ages)[w.hours] for w in walks if not w.resolved_at]
    assert found.resolve.median == kaplan_meier(count_durations(done, rest)).quantile(0.5)
    assert (found.resolve.n, found.resolve.ended) == (len(walks), len(done))
    fixed = [w for w in walks if w.fixes]
    assert (found.reopened.n if found.reopened else 0) == len(fixed)
    assert not found.reopened or found.reopened.interval.value == sum(w.reopened > 0 for w in fixed) / len(fixed)
    decided = [not w.missed[0] for w in walks if w.missed[0] or (w.seen and w.ended[0])]
    kept = found.acknowledged_in_time
    assert (kept.n if kept else 0) == len(decided)
    assert not kept or kept.interval.value == sum(decided) / len(decided)
