"""Service levels: how much of the time promised for each step is gone, from nothing but what was logged."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Severity

WARNING_SHARES = (0.5, 0.8, 1.0)  # of the time promised; at the last of them it is over


class SlaTarget(StrEnum):
    """What is promised."""

    ACKNOWLEDGE = "acknowledge"
    UPDATE = "update"
    RESOLVE = "resolve"

    @property
    def label(self) -> str:
        """Names the target in sentences: "missed its resolve target"."""
        return self.value


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """What one severity is promised, in working time of its calendar."""

    targets: Mapping[SlaTarget, timedelta]
    calendar: WorkCalendar


PolicyFor = Callable[[Severity, str], SlaPolicy]  # of a severity, in whose hands; those of nobody are ""


@dataclass(frozen=True, slots=True)
class SlaState:
    """A ticket after one of its events: how severe, where it stands, in whose hands."""

    severity: Severity = Severity.MEDIUM
    status: Status = Status.RECEIVED
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaClock:
    """One promise as it stood at the last event.

    `spent` is the working time until `anchor`, when it last began to run; `ended` says that it was kept or let go of,
    `missed` since when the time has been over.
    """

    goal: SlaTarget
    since: datetime
    level: SlaPolicy
    anchor: datetime
    spent: timedelta = timedelta(0)
    running: bool = True
    ended: datetime | None = None
    missed: datetime | None = None

    @property
    def target(self) -> timedelta | None:
        """None where nothing is promised."""
        return self.level.targets.get(self.goal)

    @property
    def due(self) -> datetime | None:
        """When the time is, or was, over; None while the clock stands, and where nothing is promised."""
        return (self.missed if self.running else None) or self.moment(1.0)

    def moment(self, share: float) -> datetime | None:
        """When so much of the time is gone, not before it last began to run; None when that will not be."""
        if not self.running or self.target is None:
            return None
        return self.level.calendar.add(self.anchor, self.target * share - self.spent)

    def elapsed(self, now: datetime) -> timedelta:
        return self.spent + (self.level.calendar.between(self.anchor, now) if self.running else timedelta(0))

    def stopped(self, at: datetime) -> "SlaClock":
        """The same, standing."""
        due = self.due
        missed = self.missed or (due if due is not None and due <= at else None)
        return replace(self, spent=self.elapsed(at), running=False, anchor=at, missed=missed)

    def started(self, at: datetime, level: SlaPolicy) -> "SlaClock":
        """Running on. Of a shorter promise what is left may be nothing; it is over now then, and not earlier.

        Of a longer one something may be left again; then it was not missed.
        """
        target = level.targets.get(self.goal)
        missed = self.missed if target is not None and target <= self.spent else None
        return replace(self, running=True, anchor=at, level=level, missed=missed)


REPORTER_UPDATES = frozenset(
    {
        EventKind.OPENED,
        EventKind.ACKNOWLEDGED,
        EventKind.STATUS,
        EventKind.WAITING,
        EventKind.REPLIED,
        EventKind.UPDATED,
        EventKind.PROMISED,
        EventKind.DEFERRED,
        EventKind.RETURNED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
    }
)
STATUS_AFTER = {
    EventKind.OPENED: Status.RECEIVED, EventKind.ACKNOWLEDGED: Status.ACKNOWLEDGED, EventKind.WAITING: Status.WAITING,
    EventKind.DEFERRED: Status.DEFERRED, EventKind.RETURNED: Status.INVESTIGATING, EventKind.RESOLVED: Status.RESOLVED,
    EventKind.VERIFIED: Status.VERIFIED, EventKind.REOPENED: Status.INVESTIGATING, EventKind.MERGED: Status.MERGED,
    EventKind.WITHDRAWN: Status.WITHDRAWN,
}  # fmt: skip
STATUS_IN_DATA = frozenset({EventKind.STATUS, EventKind.ANSWERED, EventKind.UNMERGED})  # in `to`, if it moves at all
OWNER_IN_DATA = frozenset({EventKind.ASSIGNED, EventKind.CLAIMED})
OWNER_BY_ACTING = frozenset({EventKind.ACKNOWLEDGED, EventKind.STATUS, EventKind.RESOLVED})  # what nobody has


def sla_clocks(events: Iterable[Event], level_of: PolicyFor) -> dict[SlaTarget, SlaClock]:
    """The clocks of a ticket after these events, oldest first; empty before it was opened."""
    found: dict[SlaTarget, SlaClock] = {}
    for event, state in ticket_states(events):
        level = level_of(state.severity, state.owner)
        if event.kind is EventKind.OPENED:
            found = {goal: SlaClock(goal=goal, since=event.at, level=level, anchor=event.at,
                                 running=goal is not SlaTarget.UPDATE) for goal in SlaTarget}  # fmt: skip
            continue
        found = {goal: _after(clock, event, state.status, level) for goal, clock in found.items()}
    return found


def ticket_states(events: Iterable[Event]) -> Iterator[tuple[Event, SlaState]]:
    """Each event, oldest first, with the ticket as it was from then on."""
    state = SlaState()
    for event in events:
        state = SlaState(_severity(event, state.severity), _status(event, state.status), _owner(event, state.owner))
        yield event, state


def next_warning_at(found: Mapping[SlaTarget, SlaClock], after: datetime) -> datetime | None:
    """The next moment at which somebody has to be told."""
    moments = (clock.moment(share) for clock in found.values() for share in WARNING_SHARES)
    return min((moment for moment in moments if moment and moment > after), default=None)


def reached_share(clock: SlaClock, now: datetime) -> float | None:
    """The largest of the shares at which somebody is told that is gone by now; None before the first."""
    gone = [share for share in WARNING_SHARES if (moment := clock.moment(share)) is not None and moment <= now]
    return max(gone, default=None)


def pending_warnings(
    events: Iterable[Event], found: Mapping[SlaTarget, SlaClock], now: datetime
) -> list[tuple[SlaClock, float]]:
    """What somebody has to be told by now and was not: the clocks, and how much of their time is gone."""
    told: dict[tuple[str, str], float] = {}
    for event in events:
        if event.kind is EventKind.SLA_WARNING:
            told[event.data["goal"], event.data["since"]] = float(event.data["share"])
    gone = [(clock, reached_share(clock, now)) for clock in found.values()]
    return [(clock, share) for clock, share in gone
            if share is not None and share > told.get((clock.goal.value, clock.since.isoformat()), 0.0)]  # fmt: skip


def first_due(found: Mapping[SlaTarget, SlaClock]) -> SlaClock | None:
    """The promise that is due first."""
    return min(
        (clock for clock in found.values() if clock.due), key=lambda clock: clock.due or clock.since, default=None
    )


def _after(clock: SlaClock, event: Event, status: Status, level: SlaPolicy) -> SlaClock:
    seen = clock.goal is SlaTarget.ACKNOWLEDGE and status is not Status.RECEIVED
    if clock.ended and (seen or not status.is_open):
        return clock
    stood = clock.stopped(event.at) if clock.running else clock
    if clock.goal is SlaTarget.UPDATE and event.kind in REPORTER_UPDATES:
        stood = replace(stood, since=event.at, spent=timedelta(0), missed=None)
    if seen or not status.is_open:
        return replace(stood, ended=event.at)
    stood = replace(stood, ended=None)
    # Until somebody has acknowledged it, that is the news which its reporter waits for.
    ours = status.sla_runs and not (clock.goal is SlaTarget.UPDATE and status is Status.RECEIVED)
    return stood.started(event.at, level) if ours else stood


def _status(event: Event, before: Status) -> Status:
    if event.kind in STATUS_IN_DATA:
        return Status(event.data["to"]) if event.data.get("to") else before
    return STATUS_AFTER.get(event.kind, before)


def _owner(event: Event, before: str) -> str:
    if event.kind in OWNER_IN_DATA:
        return event.data["owner"]
    if event.kind is EventKind.OWNER_SILENT:
        return ""
    return before or (event.actor if event.kind in OWNER_BY_ACTING else "")


def _severity(event: Event, before: Severity) -> Severity:
    said = {EventKind.OPENED: "severity", EventKind.SEVERITY: "to"}.get(event.kind)
    return Severity(event.data[said]) if said and event.data.get(said) else before
