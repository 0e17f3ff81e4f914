"""SLA clocks from events: running, stopped and missed; compared with a count minute by minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.sla.clocks import (
    STATUS_AFTER,
    SlaClock,
    SlaPolicy,
    SlaTarget,
    first_due,
    next_warning_at,
    pending_warnings,
    reached_share,
    sla_clocks,
)
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Severity

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
OFFICE = WorkCalendar(days=frozenset(range(5)), opens=9 * HOUR, closes=17 * HOUR)
K = EventKind


def level(severity: Severity, _owner: str = "") -> SlaPolicy:
    hours = {Severity.CRITICAL: (0.25, 1, 4), Severity.HIGH: (1, 4, 8)}.get(severity, (4, 16, 40))
    targets = dict(zip(SlaTarget, (timedelta(hours=h) for h in hours), strict=True))
    return SlaPolicy(targets, WorkCalendar() if severity is Severity.CRITICAL else OFFICE)


def log(*rows: tuple[float, EventKind, dict[str, str]], severity: str = "high") -> list[Event]:
    """Events, so many hours after Monday nine o'clock."""
    opened = Event(kind=K.OPENED, actor="UMARIA", at=MONDAY, data={"severity": severity})
    return [opened, *(Event(kind=kind, actor="UJO", at=MONDAY + h * HOUR, data=data) for h, kind, data in rows)]


def after(*rows: tuple[float, EventKind, dict[str, str]], severity: str = "high") -> dict[SlaTarget, SlaClock]:
    return sla_clocks(log(*rows, severity=severity), level)


def test_a_new_ticket_is_to_be_acknowledged_and_resolved_and_news_come_after_that() -> None:
    found = after()
    assert {target: clock.due for target, clock in found.items()} == {
        SlaTarget.ACKNOWLEDGE: MONDAY + HOUR, SlaTarget.UPDATE: None, SlaTarget.RESOLVE: MONDAY + 8 * HOUR,
    }  # fmt: skip
    first = first_due(found)
    assert first is not None
    assert first.target is SlaTarget.ACKNOWLEDGE
    assert next_warning_at(found, MONDAY) == MONDAY + HOUR / 2


def test_what_was_acknowledged_in_time_is_kept_and_late_is_late_for_good() -> None:
    assert after((0.5, K.ACKNOWLEDGED, {}))[SlaTarget.ACKNOWLEDGE].missed is None
    late = after((1.5, K.ACKNOWLEDGED, {}), (2, K.STATUS, {"to": "fixing"}))[SlaTarget.ACKNOWLEDGE]
    assert (late.missed, late.ended, late.due) == (MONDAY + HOUR, MONDAY + 1.5 * HOUR, None)


def test_clocks_stop_while_waiting_on_the_reporter() -> None:
    waits = (1.0, K.WAITING, {"from": "acknowledged"})
    found = after((0.5, K.ACKNOWLEDGED, {}), waits)
    assert (found[SlaTarget.RESOLVE].due, found[SlaTarget.RESOLVE].spent) == (None, HOUR)
    assert next_warning_at(found, MONDAY) is None
    found = after((0.5, K.ACKNOWLEDGED, {}), waits, (6, K.ANSWERED, {"to": "acknowledged"}))
    assert found[SlaTarget.RESOLVE].due == MONDAY + 24 * HOUR + 5 * HOUR  # seven hours left: two today, five tomorrow


def test_news_start_the_clock_of_news_anew_and_no_other() -> None:
    found = after((0.5, K.ACKNOWLEDGED, {}), (3, K.REPLIED, {}))
    assert found[SlaTarget.UPDATE].due == MONDAY + 7 * HOUR
    assert found[SlaTarget.RESOLVE].due == MONDAY + 8 * HOUR


def test_what_is_resolved_ends_them_and_reopening_goes_on_where_it_stood() -> None:
    found = after((0.5, K.ACKNOWLEDGED, {}), (2, K.RESOLVED, {}))
    assert all(clock.ended for clock in found.values())
    found = after((0.5, K.ACKNOWLEDGED, {}), (2, K.RESOLVED, {}), (7, K.REOPENED, {}))
    assert found[SlaTarget.RESOLVE].elapsed(MONDAY + 8 * HOUR) == 3 * HOUR
    assert found[SlaTarget.ACKNOWLEDGE].ended == MONDAY + HOUR / 2


@pytest.mark.parametrize(("hours", "due_in"), [(0.1, 0.25), (0.5, 0.5), (2, 1)])
def test_a_higher_severity_leaves_what_is_left_of_its_own_promise_and_nothing_before_now(
    hours: float, due_in: float
) -> None:
    found = after((hours, K.SEVERITY, {"from": "high", "to": "critical"}))
    assert found[SlaTarget.ACKNOWLEDGE].due == MONDAY + due_in * HOUR


def test_a_lower_severity_gives_more_time() -> None:
    found = after((0.5, K.SEVERITY, {"from": "high", "to": "medium"}))
    assert found[SlaTarget.ACKNOWLEDGE].due == MONDAY + 4 * HOUR


def test_shares_are_reached_one_after_the_other() -> None:
    clock = after()[SlaTarget.ACKNOWLEDGE]
    gone = [reached_share(clock, MONDAY + minutes * MINUTE) for minutes in (29, 30, 48, 59, 60, 300)]
    assert gone == [None, 0.5, 0.8, 0.8, 1.0, 1.0]


def test_it_is_over_since_then_whatever_happened_afterwards() -> None:
    found = after((3, K.AFFECTED, {}), (5, K.ASSIGNED, {"owner": "UJO"}))
    assert found[SlaTarget.ACKNOWLEDGE].due == MONDAY + HOUR


def test_what_is_unmerged_before_anybody_looked_is_still_to_be_acknowledged() -> None:
    found = after((0.2, K.MERGED, {"from": "received"}), (0.7, K.UNMERGED, {"to": "received"}))
    assert found[SlaTarget.ACKNOWLEDGE].due == MONDAY + 1.5 * HOUR


def test_what_was_told_is_not_told_again_and_what_was_not_is() -> None:
    events = log((0.6, K.AFFECTED, {}))
    half = [
        (clock.target, share)
        for clock, share in pending_warnings(events, sla_clocks(events, level), MONDAY + 0.6 * HOUR)
    ]
    assert half == [(SlaTarget.ACKNOWLEDGE, 0.5)]
    data = {"target": "acknowledge", "since": MONDAY.isoformat(), "share": "0.5"}
    events = log((0.6, K.AFFECTED, {}), (0.6, K.SLA_WARNING, data))
    assert pending_warnings(events, sla_clocks(events, level), MONDAY + 0.7 * HOUR) == []
    assert [share for _, share in pending_warnings(events, sla_clocks(events, level), MONDAY + 4 * HOUR)] == [1.0, 0.5]


def test_merging_ends_them_and_unmerging_goes_on() -> None:
    found = after((0.5, K.MERGED, {"from": "received"}), (2, K.UNMERGED, {"to": "received"}))
    assert found[SlaTarget.RESOLVE].elapsed(MONDAY + 3 * HOUR) == 1.5 * HOUR


steps = st.lists(
    st.tuples(
        st.integers(1, 900),
        st.one_of(
            st.sampled_from([K.ACKNOWLEDGED, K.WAITING, K.DEFERRED, K.RETURNED, K.RESOLVED, K.VERIFIED, K.REOPENED,
                             K.WITHDRAWN, K.MERGED, K.REPLIED, K.AFFECTED]).map(lambda kind: (kind, {})),
            st.just((K.ASSIGNED, {"owner": "UJO"})),
            st.sampled_from(["received", "acknowledged", "investigating", "fixing"]).map(
                lambda to: (K.STATUS, {"to": to})),
            st.sampled_from(["acknowledged", ""]).map(lambda to: (K.ANSWERED, {"to": to} if to else {})),
            st.sampled_from(list(Severity)).map(lambda to: (K.SEVERITY, {"to": to.value})),
        ),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(1, 600))
def test_the_time_to_resolve_is_what_counting_minutes_gives(
    done: list[tuple[int, tuple[EventKind, dict[str, str]]]], rest: int
) -> None:
    events, at = log(), MONDAY
    for minutes, (kind, data) in done:
        at += minutes * MINUTE
        events.append(Event(kind=kind, actor="UJO", at=at, data=data))
    now = at + rest * MINUTE
    assert sla_clocks(events, level)[SlaTarget.RESOLVE].elapsed(now) == _counted(events, now)


def _counted(events: list[Event], now: datetime) -> timedelta:
    """Each minute by itself: whose turn it was, and whether anybody worked."""
    status, severity, total = Status.RECEIVED, Severity.HIGH, timedelta(0)
    ahead = [*events[1:], None]
    minute = MONDAY
    while minute < now:
        while (event := ahead[0]) and event.at <= minute:
            ahead.pop(0)
            status = Status(event.data["to"]) if event.kind in (K.STATUS, K.ANSWERED) and event.data else (
                STATUS_AFTER.get(event.kind, status))  # fmt: skip
            severity = Severity(event.data["to"]) if event.kind is K.SEVERITY else severity
        if status.sla_runs:
            total += level(severity).calendar.between(minute, minute + MINUTE)
        minute += MINUTE
    return total
