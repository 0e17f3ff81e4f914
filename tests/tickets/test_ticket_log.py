"""A log that is summed up bit by bit and stored says the same as the whole log."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.followup.promises import Promise, PromiseKind, PromiseState, as_of, was_checked
from domain.followup.team_reminders import message_of_day, reminders_of_day, still_true
from domain.followup.verification import answers
from domain.phases.phase import Phase
from domain.sla.clocks import SlaTarget, pending_warnings, sla_clocks
from domain.sla.targets import policy_for, working_hours
from domain.ticket_log import SHOWN, LogRules, LogSummary, by_people, shortened, summarize
from domain.tickets.event import IMPORTED, Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType
from storage.tickets.logs import SUMMARY

K = EventKind
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PHASE = Phase(key="PAY", name="Payday", system="", triage_channel="C000001", oncall_channel="C000002",
              leads=("U0000LENA",))  # fmt: skip
RULES = LogRules(policy_of=policy_for(PHASE, "", TicketType.BUG), hours=working_hours(PHASE))
PEOPLE = ("U0000JO", "U0000LENA", "U000MARIA", "U0000TOM")
TEAM = PEOPLE[:2]
ENOUGH = 120  # kept events at most, of whatever number of kinds, people and promises


@st.composite
def steps(draw: st.DrawFn) -> tuple[EventKind, str, int, dict[str, str]]:
    """Return a kind of event, who did it, after how many minutes, and its data."""
    kind, minutes = draw(st.sampled_from(sorted(K))), draw(st.sampled_from((1, 7, 90, 400, 1500, 9000)))
    return kind, draw(st.sampled_from(PEOPLE)), minutes, _data(draw, kind)


def _data(draw: st.DrawFn, kind: EventKind) -> dict[str, str]:
    due = (MONDAY + timedelta(days=draw(st.integers(0, 20)))).isoformat()
    promise = draw(st.sampled_from(PromiseKind)).value
    status = draw(st.sampled_from((Status.INVESTIGATING, Status.FIXING, Status.ACKNOWLEDGED))).value
    share = draw(st.sampled_from(("0.5", "0.8", "1.0")))
    target = draw(st.sampled_from(SlaTarget)).value
    return {
        K.STATUS: {"to": status}, K.ANSWERED: draw(st.sampled_from(({}, {"to": status}))),
        K.SEVERITY: {"to": draw(st.sampled_from(Severity)).value}, K.ASSIGNED: {"owner": "U0000JO"},
        K.CLAIMED: {"owner": "U0000LENA"}, K.RESOLVED: {"fix": "workaround"}, K.UNMERGED: {"to": status},
        K.MERGED: {"into": "PAY-9", "foreign": draw(st.sampled_from(("", "yes")))},
        K.PROMISED: {"promise": promise, "due": due}, K.DEFERRED: draw(st.sampled_from(({}, {"due": due[:10]}))),
        K.PROMISE_MISSED: {"promise": promise, "due": due}, K.PROMISE_ON_TRACK: {"promise": promise, "due": due},
        K.REMINDED: {"promise": promise, "due": due}, K.SLA_WARNING: {"target": target, "share": share},
    }.get(kind, {})  # fmt: skip


def log_of(done: Sequence[tuple[EventKind, str, int, dict[str, str]]], *, is_imported: bool) -> list[Event]:
    """Return a log in which the bot's events refer to what there is: clocks, open promises and the day's message."""
    at, data = (
        MONDAY,
        {"severity": "high", **({IMPORTED: (MONDAY + timedelta(days=1)).isoformat()} if is_imported else {})},
    )
    log = [Event(kind=K.OPENED, actor="U000MARIA", at=at, data=data)]
    for kind, actor, minutes, given_data in done:
        at, data = at + timedelta(minutes=minutes), dict(given_data)
        summary = summarize(log, RULES)
        if kind is K.OPENED or (kind is K.PROMISED and datetime.fromisoformat(data["due"]) <= at):
            continue
        if kind is K.SLA_WARNING:
            data["since"] = summary.clocks[SlaTarget(data["target"])].since.isoformat()
        if kind in (K.PROMISE_MISSED, K.PROMISE_ON_TRACK, K.REMINDED):
            wanted = PromiseState.BROKEN if kind is K.PROMISE_MISSED else PromiseState.OPEN
            known = [one for one in as_of(summary.promises, at) if one.state is wanted]
            if not known:
                continue
            data |= {"promise": known[-1].kind.value, "due": known[-1].due.isoformat()}
        log.append(Event(kind=kind, actor=actor, at=at, data=data))
    return log


@settings(max_examples=60, deadline=None)
@given(st.lists(steps(), max_size=60), st.lists(st.integers(1, 9), min_size=1, max_size=9), st.booleans())
def test_a_log_summed_up_in_parts_says_the_same_as_the_whole(
    done: list[tuple[EventKind, str, int, dict[str, str]]], parts: list[int], is_imported: bool
) -> None:
    log = log_of(done, is_imported=is_imported)
    summary, rest = LogSummary(), [*log]
    while rest:
        size = parts[len(rest) % len(parts)]
        words = SUMMARY.dump_json(shortened(summary), exclude_defaults=True)
        summary = summarize(rest[:size], RULES, SUMMARY.validate_json(words))
        rest = rest[size:]
    whole, now = summarize(log, RULES), log[-1].at + timedelta(hours=1)
    assert _said(summary, now) == _said(whole, now)
    assert len(shortened(summary).events) <= ENOUGH


def test_a_summary_stays_small_however_much_is_said() -> None:
    kinds = [(K.REPLIED, {}), (K.ANSWERED, {}), (K.WAITING, {}), (K.ANSWERED, {"to": "fixing"}),
             (K.PROMISED, {"promise": "update", "due": "2027-03-02T09:00:00+00:00"}), (K.UPDATED, {})]  # fmt: skip
    sizes = []
    for length in (60, 6_000):
        log = [Event(kind=K.OPENED, actor="U000MARIA", at=MONDAY, data={"severity": "low"})]
        log += [Event(kind=kinds[n % 6][0], actor=PEOPLE[n % 4], at=MONDAY + timedelta(seconds=n), data=kinds[n % 6][1])
                for n in range(length)]  # fmt: skip
        summary = LogSummary()
        for start in range(0, len(log), 40):
            summary = shortened(summarize(log[start : start + 40], RULES, summary))
        sizes.append(len(SUMMARY.dump_json(summary, exclude_defaults=True)))
    assert sizes[1] < sizes[0] + 100, sizes


def _said(summary: LogSummary, now: datetime) -> Mapping[str, Any]:
    """Return everything that a change of a ticket asks its log."""
    events, clocks = summary.events, sla_clocks((), RULES.policy_of, before=summary.clocks)
    promises = as_of(summary.promises, now)
    open_ = [one for one in promises if one.state is PromiseState.OPEN]
    broken = [one for one in promises if one.state is PromiseState.BROKEN and _is_untold(one, events)]
    today = reminders_of_day(events, _day, _day(now))
    return {
        "state": summary.state, "clocks": clocks, "silence": summary.silence, "waiting": summary.waiting,
        "moments": summary.moments, "count": summary.promise_count,
        "open": [(one, one.number, was_checked(one, events)) for one in open_],
        "broken": [(one, one.number) for one in broken],
        "last": {kind: max(e.at for e in events if e.kind is kind) for kind in {e.kind for e in events}},
        "warnings": pending_warnings(events, clocks, now),
        "answers": list(answers(events).items()),
        "escalated": _is_unanswered(events),
        "today": today, "message": message_of_day(events, _day, _day(now)), "true": still_true(today, events, clocks),
        "card": by_people(events)[-SHOWN:],
        "merged": [e for e in events if e.kind is K.MERGED][-1:],
        "foreign": any(e.data.get("foreign") for e in events),
    }  # fmt: skip


def _is_untold(one: Promise, events: Sequence[Event]) -> bool:
    told = {(e.data["promise"], e.data["due"]) for e in events if e.kind is K.PROMISE_MISSED}
    return one.settled_at == one.due and (one.kind.value, one.due.isoformat()) not in told


def _is_unanswered(events: Sequence[Event]) -> bool:
    waits = False
    for event in events:
        waits = False if event.actor in TEAM else waits or event.kind is K.ESCALATED
    return waits


def _day(at: datetime) -> date:
    return at.date()
