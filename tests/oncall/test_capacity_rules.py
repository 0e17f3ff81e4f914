"""Capacity: a worked example, too little data, and time that is shared among the tickets of an owner."""

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.oncall.capacity import Load, estimate_load, handling_times, open_since
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
OFFICE = WorkCalendar.read("mon tue wed thu fri", "09:00-17:00", "UTC")
K = EventKind


def history(*rows: tuple[float, EventKind, str]) -> list[Event]:
    opened = Event(kind=K.OPENED, actor="UM", at=MONDAY, data={"severity": "high"})
    return [opened, *(Event(kind=kind, actor=who, at=MONDAY + h * HOUR) for h, kind, who in rows)]


def test_five_people_and_twelve_tickets_a_day() -> None:
    found = Load(arrivals=12, handling=2.5, people=5, hours=5, backlog=30)
    assert (found.done, found.utilisation, found.growth) == (10, pytest.approx(1.2), pytest.approx(2))
    assert (found.people_needed, found.days_to_clear) == (8, None)
    assert found.share_to_defer == pytest.approx(1 - 8.5 / 12)
    assert Load(arrivals=8, handling=2.5, people=5, hours=5, backlog=30).days_to_clear == pytest.approx(15)


def test_the_age_of_open_tickets_is_compared_with_littles_law() -> None:
    found = Load(arrivals=12, handling=2.5, people=5, hours=5, backlog=30, age=2.4)
    assert (found.expected_age, found.some_wait_too_long) == (2.5, False)
    assert Load(arrivals=12, handling=2.5, people=5, hours=5, backlog=30, age=5.1).some_wait_too_long
    assert Load(arrivals=0, handling=2.5, people=5, hours=5, backlog=30, age=5.1).expected_age is None


def test_a_backlog_is_what_was_open_at_that_moment_and_not_deferred() -> None:
    histories = {
        1: history((1, K.ACKNOWLEDGED, "UJ")),
        2: history((1, K.RESOLVED, "UJ")),
        3: history((1, K.RESOLVED, "UJ"), (3, K.REOPENED, "UM")),
        4: history((1, K.WITHDRAWN, "UM")),
        5: history((2, K.DEFERRED, "UJ")),
    }
    assert len(open_since(histories, MONDAY)) == 5
    assert len(open_since(histories, MONDAY + HOUR)) == 2
    assert len(open_since(histories, MONDAY + 4 * HOUR)) == 2
    assert open_since(histories, MONDAY - HOUR) == []


def test_too_few_days_or_tickets_give_no_estimate() -> None:
    hours = [HOUR] * 20
    assert estimate_load([3] * 4, hours, people=2, hours=5, backlog=1) is None
    assert estimate_load([3] * 5, hours[:19], people=2, hours=5, backlog=1) is None
    assert estimate_load([3] * 5, hours, people=0, hours=5, backlog=1) is None
    found = estimate_load([3] * 5, hours, people=2, hours=5, backlog=1)
    assert found is not None
    assert found.utilisation == pytest.approx(0.3)


def test_an_owner_of_two_tickets_works_on_each_half_of_the_time() -> None:
    found = handling_times({
        1: history((0, K.ACKNOWLEDGED, "UJ"), (4, K.RESOLVED, "UJ")),
        2: history((2, K.ACKNOWLEDGED, "UJ"), (6, K.RESOLVED, "UJ")),
        3: history((0, K.ACKNOWLEDGED, "UR"), (24, K.RESOLVED, "UR")),
        4: history((0, K.ACKNOWLEDGED, "US")),
    }, OFFICE, MONDAY + 48 * HOUR)  # fmt: skip
    assert found == {1: 3 * HOUR, 2: 3 * HOUR, 3: 8 * HOUR}


def test_waiting_for_the_reporter_is_not_handling_time() -> None:
    events = history((0, K.ACKNOWLEDGED, "UJ"), (1, K.WAITING, "UJ"), (5, K.ANSWERED, "UM"), (6, K.RESOLVED, "UJ"))
    events[3] = Event(kind=K.ANSWERED, actor="UM", at=events[3].at, data={"from": "waiting", "to": "acknowledged"})
    assert handling_times({1: events}, OFFICE, MONDAY + 7 * HOUR) == {1: 2 * HOUR}


@given(st.lists(st.tuples(st.floats(0, 40), st.floats(0, 40)), min_size=1, max_size=8))
def test_handling_time_never_exceeds_the_hours_worked(spans: list[tuple[float, float]]) -> None:
    """One person's handling times add up to the time in which they owned any ticket."""
    histories = {n: history((a, K.ACKNOWLEDGED, "UJ"), (a + b, K.RESOLVED, "UJ")) for n, (a, b) in enumerate(spans)}
    total = sum(handling_times(histories, WorkCalendar(), MONDAY + 100 * HOUR).values(), timedelta(0))
    covered = timedelta(0)
    until = MONDAY
    for begins, length in sorted(spans):
        start, end = MONDAY + begins * HOUR, MONDAY + (begins + length) * HOUR
        covered += max(end - max(start, until), timedelta(0))
        until = max(until, end)
    assert abs(total - covered) < timedelta(seconds=1)


def test_the_age_of_a_stable_queue_is_as_littles_law_says() -> None:
    """Tickets that come every half hour and take exponential times: age and W = L / lambda agree in the long run."""
    random = Random(7)
    opened = [n / 2 for n in range(4000)]
    spans = [(at, at + random.expovariate(1 / 20)) for at in opened]
    there = [(at, [begin for begin, end in spans if begin <= at < end]) for at in range(500, 2000, 25)]
    expected = fmean(len(some) for _, some in there) / 2
    assert fmean(at - begin for at, some in there for begin in some) == pytest.approx(expected, rel=0.1)
