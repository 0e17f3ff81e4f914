"""Milestones: what a log has led to, told once by hand and once over random logs."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.reporting.milestones import Milestones, milestones
from domain.sla.clocks import PolicyFor, SlaPolicy, SlaTarget, sla_clocks
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
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
    found = milestones(events, levels, sla_clocks(events, levels))
    assert found is not None
    return found


def test_a_ticket_that_nobody_has_seen_has_promises_and_nothing_else() -> None:
    assert of() == Milestones(
        opened_at=MONDAY, acknowledge_over=MONDAY + HOUR, resolve_over=MONDAY + 8 * HOUR
    )  # fmt: skip


def test_what_was_resolved_in_time_kept_both_promises_and_is_over_never() -> None:
    found = of((0.5, K.ACKNOWLEDGED, {}), (4, K.RESOLVED, {}), (30, K.VERIFIED, {}))
    assert (found.to_acknowledge, found.to_workaround, found.to_close) == (30, 240, 240)
    assert (found.acknowledge_kept, found.resolve_kept) == (True, True)
    assert (found.acknowledge_over, found.resolve_over) == (None, None)
    assert (found.fixes, found.reopened, found.resolved_at) == (1, 0, MONDAY + 4 * HOUR)


def test_a_night_is_no_working_time() -> None:
    found = of((25, K.ACKNOWLEDGED, {}), (26, K.RESOLVED, {}))
    assert (found.to_acknowledge, found.to_close) == (9 * 60, 10 * 60)
    assert (found.acknowledge_kept, found.resolve_kept) == (False, False)
    assert (found.acknowledge_over, found.resolve_over) == (MONDAY + HOUR, MONDAY + 8 * HOUR)


def test_what_was_reopened_is_open_again_and_its_first_fix_was_a_way_around() -> None:
    found = of((0.5, K.ACKNOWLEDGED, {}), (2, K.RESOLVED, {}), (3, K.REOPENED, {"from": "resolved"}))
    assert (found.resolved_at, found.closed_at, found.to_close, found.resolve_kept) == (None, None, None, None)
    assert (found.reopened_at, found.reopened, found.fixes, found.to_workaround) == (MONDAY + 3 * HOUR, 1, 1, 120)
    again = of((0.5, K.ACKNOWLEDGED, {}), (2, K.RESOLVED, {}), (3, K.REOPENED, {"from": "resolved"}),
               (5, K.RESOLVED, {}))  # fmt: skip
    assert (again.resolved_at, again.to_close, again.fixes, again.reopened) == (MONDAY + 5 * HOUR, 300, 2, 1)


def test_what_was_put_off_and_taken_up_again_was_not_reopened() -> None:
    found = of((0.5, K.ACKNOWLEDGED, {}), (1, K.DEFERRED, {}), (2, K.REOPENED, {"from": "deferred"}))
    assert (found.reopened, found.reopened_at) == (0, None)


def test_what_was_withdrawn_unseen_was_neither_acknowledged_nor_a_promise_kept() -> None:
    found = of((0.2, K.WITHDRAWN, {}))
    assert (found.acknowledged_at, found.acknowledge_kept, found.resolve_kept) == (None, None, None)
    assert (found.closed_at, found.to_close) == (MONDAY + 0.2 * HOUR, 12)


def test_while_its_reporter_is_asked_no_promise_runs_over() -> None:
    asked = of((0.5, K.ACKNOWLEDGED, {}), (1, K.WAITING, {}))
    assert asked.resolve_over is None
    answered = of((0.5, K.ACKNOWLEDGED, {}), (1, K.WAITING, {}), (25, K.ANSWERED, {"to": "acknowledged"}))
    assert answered.resolve_over == MONDAY + 25 * HOUR + 7 * HOUR


KINDS = st.sampled_from([K.ACKNOWLEDGED, K.WAITING, K.DEFERRED, K.RESOLVED, K.VERIFIED, K.WITHDRAWN, K.MERGED])


@given(st.lists(st.tuples(st.floats(0.1, 200), KINDS), max_size=8))
def test_of_any_log_it_is_told_in_order(rows: list[tuple[float, EventKind]]) -> None:
    found = of(*((hours, kind, {}) for hours, kind in sorted(rows, key=lambda row: row[0])))
    assert (
        found.opened_at
        <= (found.workaround_at or found.opened_at)
        <= (found.resolved_at or datetime.max.replace(tzinfo=UTC))
    )
    assert found.opened_at <= (found.closed_at or found.opened_at)
    assert (found.closed_at is None) == (found.to_close is None)
    assert (found.acknowledge_kept is False) <= (found.acknowledge_over is not None)
    assert not (found.resolve_kept and found.resolve_over)
    assert found.resolved_at is None or found.fixes > 0
