"""Working time: the vectors, the nights in which the clocks change, and rules that hold for any calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sla.working_time import DAY, WorkCalendar

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = WorkCalendar(
    zone="Europe/Berlin", days=frozenset(range(5)), opens=timedelta(hours=9), closes=timedelta(hours=17)
)
WEEK = {"Mon": 2, "Tue": 3, "Wed": 4, "Thu": 5, "Fri": 6, "Sat": 7, "Sun": 8}  # of March 2026


def at(text: str, week: int = 0) -> datetime:
    day, clock = text.split()
    hours, minutes = map(int, clock.split(":"))
    local = datetime(2026, 3, WEEK[day], hours, minutes, tzinfo=BERLIN) + timedelta(weeks=week)
    return local.astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end", "week"),
    [("Mon 10:00", 5, "Mon 15:00", 0), ("Mon 10:00", 10, "Tue 12:00", 0), ("Mon 16:30", 1, "Tue 09:30", 0),
     ("Fri 16:00", 4, "Mon 12:00", 1), ("Sat 12:00", 1, "Mon 10:00", 1), ("Mon 09:00", 8, "Mon 17:00", 0),
     ("Mon 03:00", 1, "Mon 10:00", 0), ("Mon 17:00", 1, "Tue 10:00", 0)],
)  # fmt: skip
def test_the_vectors(start: str, hours: int, end: str, week: int) -> None:
    assert OFFICE.add(at(start), timedelta(hours=hours)) == at(end, week)
    assert OFFICE.between(at(start), at(end, week)) == timedelta(hours=hours)


def test_a_holiday_is_no_working_day() -> None:
    calendar = WorkCalendar(zone=OFFICE.zone, days=OFFICE.days, opens=OFFICE.opens, closes=OFFICE.closes,
                        holidays=frozenset({date(2026, 3, 9)}))  # fmt: skip
    assert calendar.add(at("Fri 16:00"), timedelta(hours=4)) == at("Tue 12:00", 1)


def test_the_day_on_which_clocks_go_forward_has_23_hours_and_the_other_one_25() -> None:
    always = WorkCalendar(zone="Europe/Berlin", holidays=frozenset({date(2030, 1, 1)}))
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 28), 24)):
        midnight = datetime.combine(day, datetime.min.time(), BERLIN)
        next_one = datetime.combine(day + DAY, datetime.min.time(), BERLIN)
        assert always.between(midnight.astimezone(UTC), next_one.astimezone(UTC)) == timedelta(hours=hours)


def test_office_hours_stay_on_the_wall_when_the_clocks_change() -> None:
    friday = datetime(2026, 3, 27, 16, 0, tzinfo=BERLIN).astimezone(UTC)
    assert OFFICE.add(friday, timedelta(hours=2)) == datetime(2026, 3, 30, 10, 0, tzinfo=BERLIN).astimezone(UTC)


def test_hours_that_the_clocks_skip_are_not_worked() -> None:
    night = WorkCalendar(zone="Europe/Berlin", opens=timedelta(hours=2), closes=timedelta(hours=4))
    start = datetime(2026, 3, 29, 0, 0, tzinfo=BERLIN).astimezone(UTC)
    assert night.between(start, start + timedelta(hours=12)) == timedelta(hours=1)


def test_around_the_clock_time_is_just_time() -> None:
    start = at("Sat 23:30")
    assert WorkCalendar().add(start, timedelta(hours=3)) == start + timedelta(hours=3)


def test_a_calendar_without_working_hours_is_an_error() -> None:
    with pytest.raises(ValueError, match="no working hours"):
        WorkCalendar(days=frozenset()).add(at("Mon 10:00"), timedelta(hours=1))
    assert WorkCalendar(days=frozenset()).between(at("Mon 10:00"), at("Fri 10:00")) == timedelta(0)


calendars = st.builds(
    lambda zone, days, opens, length, holidays: WorkCalendar(
        zone=zone, days=frozenset(days), opens=timedelta(hours=opens), closes=timedelta(hours=min(opens + length, 24)),
        holidays=frozenset(holidays)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.sets(st.integers(0, 6), min_size=1), st.integers(0, 23), st.integers(1, 24),
    st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5),
)  # fmt: skip
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
spans = st.timedeltas(timedelta(seconds=1), timedelta(hours=90))


@given(calendars, moments, spans)
def test_what_was_added_lies_between(calendar: WorkCalendar, start: datetime, span: timedelta) -> None:
    end = calendar.add(start, span)
    assert calendar.between(start, end) == span
    assert end >= start + span


@given(calendars, moments, spans, spans)
def test_two_steps_are_one(calendar: WorkCalendar, start: datetime, one: timedelta, two: timedelta) -> None:
    assert calendar.add(calendar.add(start, one), two) == calendar.add(start, one + two)


@given(
    calendars, moments, st.timedeltas(timedelta(0), timedelta(days=20)), st.timedeltas(timedelta(0), timedelta(days=9))
)
def test_working_time_adds_up(calendar: WorkCalendar, start: datetime, one: timedelta, two: timedelta) -> None:
    middle, end = start + one, start + one + two
    whole = calendar.between(start, end)
    assert calendar.between(start, middle) + calendar.between(middle, end) == whole <= one + two
