"""Schedules: one run for each local date, whatever the clocks of that place, or ours, are doing."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.schedule import DAY, Schedule, due_run

ZONES = sorted(z for z in available_timezones() if "/" in z and not z.startswith("Etc"))
zones = st.sampled_from(ZONES)
days = st.dates(date(2000, 1, 1), date(2037, 1, 1))
times = st.times().map(lambda t: t.replace(microsecond=0))


@pytest.mark.parametrize(("zone", "at", "on", "due"), [
    ("Europe/Berlin", time(9), date(2026, 3, 2), "2026-03-02T08:00"),
    ("Europe/Berlin", time(9), date(2026, 3, 29), "2026-03-29T07:00"),  # an hour earlier in UTC from this day on
    ("Europe/Berlin", time(2, 30), date(2026, 3, 29), "2026-03-29T01:30"),  # 02:30 does not exist; 03:30 does
    ("Europe/Berlin", time(2, 30), date(2026, 10, 25), "2026-10-25T00:30"),  # 02:30 comes twice; the first counts
    ("Australia/Lord_Howe", time(2, 15), date(2026, 10, 4), "2026-10-03T15:45"),  # half an hour is skipped there
    ("America/New_York", time(9), date(2028, 2, 29), "2028-02-29T14:00"),
    ("Pacific/Apia", time(9), date(2011, 12, 30), None),  # that day never was
])  # fmt: skip
def test_a_local_time_is_one_moment(zone: str, at: time, on: date, due: str | None) -> None:
    moment = Schedule(at=at, zone=zone).moment(on)
    assert moment == (datetime.fromisoformat(due).replace(tzinfo=UTC) if due else None)


@given(zones, times, days)
@settings(max_examples=300)
def test_every_local_date_has_its_own_moment_in_order(zone: str, at: time, start: date) -> None:
    plan = Schedule(at=at, zone=zone)
    moments, on = [], start
    for _ in range(8):
        following = plan.after(on)
        assert following
        due = plan.moment(following)
        assert due
        assert due.astimezone(ZoneInfo(zone)).date() == following
        moments.append(due)
        on = following
    assert moments == sorted(set(moments))


@given(zones, times, days, st.lists(st.integers(-3 * 24, 40 * 24), min_size=1, max_size=12))
@settings(max_examples=300)
def test_whatever_the_clock_does_each_date_ends_once(zone: str, at: time, start: date, hours: list[int]) -> None:
    """Looked at late, early, after weeks away, and with the clock put back: done or skipped, and never twice."""
    plan = Schedule(at=at, zone=zone, catch_up=timedelta(hours=5))
    now = datetime.combine(start, time(), UTC)
    pending = plan.first(now)
    ended: list[date] = []
    for jump in hours:
        now += timedelta(hours=jump)
        due = plan.moment(pending) if pending else None
        if pending is None or due is None or due > now:
            continue
        taken = due_run(plan, pending, now)
        assert taken.next is not None
        if taken.run:
            ran_late = now - (plan.moment(taken.run) or now)
            assert timedelta(0) <= ran_late <= plan.catch_up
        ended += [s.on for s in taken.skipped] + ([taken.run] if taken.run else [])
        following = plan.moment(taken.next)
        assert following
        assert following > now
        pending = taken.next
    assert len(ended) == len(set(ended))
    assert ended == sorted(ended)


def test_after_days_away_one_run_and_the_others_with_their_reason() -> None:
    plan = Schedule(at=time(9), zone="Europe/Berlin")
    taken = due_run(plan, date(2026, 3, 2), datetime(2026, 3, 5, 9, 30, tzinfo=UTC))
    assert taken.run == date(2026, 3, 5)
    assert [s.on.day for s in taken.skipped] == [2, 3, 4]
    assert all("a later run was due" in s.why for s in taken.skipped)
    assert taken.next == date(2026, 3, 6)


def test_too_late_is_too_late() -> None:
    plan = Schedule(at=time(9), catch_up=timedelta(hours=2))
    taken = due_run(plan, date(2026, 3, 2), datetime(2026, 3, 2, 11, 1, tzinfo=UTC))
    assert taken.run is None
    assert [(s.on.day, s.why) for s in taken.skipped] == [(2, "2 h 01 min late, and only 2 h 00 min are allowed")]


def test_years_away_are_not_listed_day_by_day() -> None:
    taken = due_run(Schedule(at=time(9)), date(2020, 1, 1), datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    assert taken.run == date(2026, 3, 2)
    assert 55 < len(taken.skipped) < 65


@pytest.mark.parametrize(("rule", "last", "following"), [
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", date(2026, 3, 6), date(2026, 3, 9)),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", date(2026, 3, 2), date(2026, 3, 9)),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", date(2026, 3, 9), date(2026, 3, 23)),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", date(2028, 2, 1), date(2028, 2, 29)),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", date(2026, 3, 1), date(2028, 2, 29)),
    ("FREQ=DAILY;COUNT=3", date(2024, 1, 3), None),
])  # fmt: skip
def test_rules_of_dates(rule: str, last: date, following: date | None) -> None:
    assert Schedule(at=time(9), days=rule).after(last) == following


def test_the_first_run_is_not_past() -> None:
    plan = Schedule(at=time(9), zone="Asia/Tokyo")
    assert plan.first(datetime(2026, 3, 2, 0, 0, tzinfo=UTC)) == date(2026, 3, 2)
    assert plan.first(datetime(2026, 3, 2, 0, 1, tzinfo=UTC)) == date(2026, 3, 2) + DAY
