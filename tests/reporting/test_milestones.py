"""Milestones: by example, and their order over random logs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reporting.milestones import Milestones, milestones, moments_after
from domain.sla.clocks import PolicyFor, SlaPolicy, SlaTarget, sla_clocks
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Severity

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICE = WorkCalendar.read("mon tue wed thu fri", "09:00-17:00", "UTC")
K = EventKind


def promised(acknowledge: float = 1, resolve: float = 8) -> PolicyFor:
    def level(severity: Severity, owner: str) -> SlaPolicy:
        return SlaPolicy({SlaTarget.ACKNOWLEDGE: acknowledge * HOUR, SlaTarget.RESOLVE: resolve * HOUR}, OFFICE)

    return level


def log(*rows: tuple[float, EventKind, dict[str, str]]) -> list[Event]:
    opened = Event(kind=K.OPENED, actor="UM", at=MONDAY, data={"severity": "high"})
    return [opened, *(Event(kind=kind, actor="UJ", at=MONDAY + h * HOUR, data=data) for h, kind, data in rows)]


def of(*rows: tuple[float, EventKind, dict[str, str]], level: PolicyFor | None = None) -> Milestones:
    events, levels = log(*rows), level or promised()
    found = milestones(moments_after(events), levels(Severity.HIGH, "").calendar, sla_clocks(events, levels))
    assert found is not None
    return found


def test_a_received_ticket_has_only_due_times() -> None:
    assert of() == Milestones(
        opened_at=MONDAY, acknowledge_due_at=MONDAY + HOUR, resolve_due_at=MONDAY + 8 * HOUR
    )  # fmt: skip


def test_a_ticket_resolved_in_time_met_both_targets() -> None:
    found = of((0.5, K.ACKNOWLEDGED, {}), (4, K.RESOLVED, {}), (30, K.VERIFIED, {}))
    assert (found.minutes_to_acknowledge, found.minutes_to_workaround, found.minutes_to_close) == (30, 240, 240)
    assert (found.acknowledge_met, found.resolve_met) == (True, True)
    assert (found.acknowledge_due_at, found.resolve_due_at) == (None, None)
    assert (found.resolved_count, found.reopened_count, found.resolved_at) == (1, 0, MONDAY + 4 * HOUR)


def test_nights_are_not_working_time() -> None:
    found = of((25, K.ACKNOWLEDGED, {}), (26, K.RESOLVED, {}))
    assert (found.minutes_to_acknowledge, found.minutes_to_close) == (9 * 60, 10 * 60)
    assert (found.acknowledge_met, found.resolve_met) == (False, False)
    assert (found.acknowledge_due_at, found.resolve_due_at) == (MONDAY + HOUR, MONDAY + 8 * HOUR)


def test_a_reopened_ticket_is_unresolved_and_its_first_fix_was_a_workaround() -> None:
    found = of((0.5, K.ACKNOWLEDGED, {}), (2, K.RESOLVED, {}), (3, K.REOPENED, {"from": "resolved"}))
    assert (found.resolved_at, found.closed_at, found.minutes_to_close, found.resolve_met) == (None, None, None, None)
    assert (found.reopened_at, found.reopened_count, found.resolved_count, found.minutes_to_workaround) == (
        MONDAY + 3 * HOUR,
        1,
        1,
        120,
    )
    again = of((0.5, K.ACKNOWLEDGED, {}), (2, K.RESOLVED, {}), (3, K.REOPENED, {"from": "resolved"}),
               (5, K.RESOLVED, {}))  # fmt: skip
    assert (again.resolved_at, again.minutes_to_close, again.resolved_count, again.reopened_count) == (
        MONDAY + 5 * HOUR,
        300,
        2,
        1,
    )


@pytest.mark.parametrize("status", Status)
def test_only_a_ticket_that_was_resolved_counts_as_reopened(status: Status) -> None:
    """Resuming a deferred ticket or one that was withdrawn says nothing about a fix."""
    found = of((0.5, K.ACKNOWLEDGED, {}), (1, K.RESOLVED, {}), (2, K.REOPENED, {"from": status}))
    assert found.reopened_count == (status in (Status.RESOLVED, Status.VERIFIED))
    assert (found.reopened_at is None) == (found.reopened_count == 0)


def test_a_withdrawn_ticket_is_not_acknowledged_and_met_no_target() -> None:
    found = of((0.2, K.WITHDRAWN, {}))
    assert (found.acknowledged_at, found.acknowledge_met, found.resolve_met) == (None, None, None)
    assert (found.closed_at, found.minutes_to_close) == (MONDAY + 0.2 * HOUR, 12)


def test_no_target_is_missed_while_waiting_on_the_reporter() -> None:
    asked = of((0.5, K.ACKNOWLEDGED, {}), (1, K.WAITING, {}))
    assert asked.resolve_due_at is None
    answered = of((0.5, K.ACKNOWLEDGED, {}), (1, K.WAITING, {}), (25, K.ANSWERED, {"to": "acknowledged"}))
    assert answered.resolve_due_at == MONDAY + 25 * HOUR + 7 * HOUR


KINDS = st.sampled_from([K.ACKNOWLEDGED, K.WAITING, K.DEFERRED, K.RESOLVED, K.VERIFIED, K.WITHDRAWN, K.MERGED])


@given(st.lists(st.tuples(st.floats(0.1, 200), KINDS), max_size=8))
def test_milestones_of_any_log_are_in_order(rows: list[tuple[float, EventKind]]) -> None:
    found = of(*((hours, kind, {}) for hours, kind in sorted(rows, key=lambda row: row[0])))
    assert (
        found.opened_at
        <= (found.workaround_at or found.opened_at)
        <= (found.resolved_at or datetime.max.replace(tzinfo=UTC))
    )
    assert found.opened_at <= (found.closed_at or found.opened_at)
    assert (found.closed_at is None) == (found.minutes_to_close is None)
    assert (found.acknowledge_met is False) <= (found.acknowledge_due_at is not None)
    assert not (found.resolve_met and found.resolve_due_at)
    assert found.resolved_at is None or found.resolved_count > 0
