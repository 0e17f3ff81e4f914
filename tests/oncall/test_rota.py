"""Who is on call at any moment: turns, layers, overrides and the roster, checked against a count hour by hour."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.oncall.rota import OnCall, RotaSchedule, ShiftOverride
from domain.oncall.settings import Layer, Member, Rota

BERLIN = "Europe/Berlin"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKLY = Layer(people=("U0000A", "U0000B", "U0000C"), since=date(2026, 3, 2))  # a Monday


def schedule(*layers: Layer, zone: str = BERLIN, roster: tuple[Member, ...] = (), **rota: str) -> RotaSchedule:
    return RotaSchedule(rota=Rota(name="primary", layers=layers, **rota), zone=zone, roster=roster)


def local(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def on(found: RotaSchedule, text: str, zone: str = BERLIN) -> str:
    return found.at(local(text, zone)).person


def test_people_take_turns_week_by_week_at_the_hand_over() -> None:
    found = schedule(WEEKLY)
    assert on(found, "2026-03-02 08:59") == ""  # before the first turn
    assert [on(found, f"2026-03-{d:02} 09:00") for d in (2, 8, 9, 16, 23)] == [
        "U0000A",
        "U0000A",
        "U0000B",
        "U0000C",
        "U0000A",
    ]
    assert on(found, "2026-03-09 08:59") == "U0000A"


def test_the_hand_over_keeps_its_local_time_when_the_clocks_change() -> None:
    found = schedule(WEEKLY.model_copy(update={"turn": "daily"}))
    shifts = found.shifts(local("2026-03-28 09:00"), local("2026-03-31 09:00"))
    assert [s.ends - s.starts for s in shifts] == [23 * HOUR, 24 * HOUR, 24 * HOUR]
    assert [s.starts.astimezone(ZoneInfo(BERLIN)).hour for s in shifts] == [9, 9, 9]
    night = schedule(
        WEEKLY.model_copy(update={"turn": "daily", "hand_over": "02:30"})
    )  # a time that the night of 29 March does not have
    assert local("2026-03-29 03:30") in [
        s.starts for s in night.shifts(local("2026-03-28 00:00"), local("2026-03-30 00:00"))
    ]


def test_daily_turns_pass_on_the_days_of_the_layer_only() -> None:
    people = tuple(f"U0000{letter}" for letter in "ABCDEFG")
    weekdays = WEEKLY.model_copy(update={"people": people, "turn": "daily", "days": "mon tue wed thu fri"})
    found = schedule(weekdays)
    days = [date(2026, 3, 2) + n * DAY for n in range(14)]
    turns = [on(found, f"{day} 12:00") for day in days if day.weekday() < 5]
    assert turns == [*people, *people[:3]]
    assert {on(found, f"{day} 12:00") for day in days if day.weekday() >= 5} == {""}


def test_a_turn_may_follow_any_recurrence_rule() -> None:
    found = schedule(WEEKLY.model_copy(update={"turn": "FREQ=WEEKLY;BYDAY=MO,TH"}))
    assert [on(found, f"2026-03-{d:02} 12:00") for d in (2, 4, 5, 8, 9, 12)] == [
        "U0000A",
        "U0000A",
        "U0000B",
        "U0000B",
        "U0000C",
        "U0000A",
    ]


def test_layers_with_their_own_hours_follow_the_sun() -> None:
    found = schedule(
        Layer(people=("U0000BER",), hours="08:00-16:00", timezone=BERLIN),
        Layer(people=("U0000NYC",), hours="10:00-18:00", timezone="America/New_York"),
        Layer(people=("U0000TOK",), hours="07:00-16:00", timezone="Asia/Tokyo"),
    )
    # In the week in which America has changed its clocks and Europe has not, there is an hour less between them.
    day = [found.at(datetime(2026, 3, 10, hour, 30, tzinfo=UTC)).person for hour in range(24)]
    assert day == ["U0000TOK"] * 7 + ["U0000BER"] * 8 + ["U0000NYC"] * 7 + ["U0000TOK"] * 2
    assert found.gaps(datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC)) == []


def test_a_shift_may_end_the_next_morning() -> None:
    found = schedule(Layer(people=("U0000N",), hours="20:00-08:00", days="fri"), Layer(people=("U0000D",)))
    times = ("2026-03-06 19:59", "2026-03-06 20:00", "2026-03-07 07:59", "2026-03-07 08:00", "2026-03-07 21:00")
    assert [on(found, t) for t in times] == ["U0000D", "U0000N", "U0000N", "U0000D", "U0000D"]


def test_a_shadow_is_never_the_person_on_call() -> None:
    found = schedule(Layer(people=("U0000S",), shadow=True), WEEKLY)
    assert found.at(local("2026-03-03 12:00")) == OnCall("U0000A", "U0000A", ("U0000S",))


def test_the_newest_override_counts_and_one_for_a_person_replaces_only_them() -> None:
    def override(person: str, instead_of: str, first: str, last: str) -> ShiftOverride:
        return ShiftOverride(person=person, instead_of=instead_of, starts=local(first), ends=local(last))

    found = replace(schedule(WEEKLY), overrides=(
        override("U0000X", "", "2026-03-03 12:00", "2026-03-03 18:00"),
        override("U0000Y", "", "2026-03-03 14:00", "2026-03-03 15:00"),
        override("U0000Z", "U0000A", "2026-03-07 09:00", "2026-03-10 09:00"),
    ))  # fmt: skip
    times = ("2026-03-03 11:00", "2026-03-03 13:00", "2026-03-03 14:30", "2026-03-03 18:00", "2026-03-08 10:00",
             "2026-03-09 10:00")  # fmt: skip
    assert [on(found, t) for t in times] == ["U0000A", "U0000X", "U0000Y", "U0000A", "U0000Z", "U0000B"]


def test_agreed_overrides_take_precedence_over_an_imported_calendar() -> None:
    whole = {"starts": local("2026-03-02 09:00"), "ends": local("2026-03-09 09:00")}
    overrides = (
        ShiftOverride(person="U0000I", imported=True, **whole),
        ShiftOverride(person="U0000X", instead_of="U0000I", **whole),
    )
    assert on(replace(schedule(), overrides=overrides[:1]), "2026-03-04 12:00") == "U0000I"
    assert on(replace(schedule(), overrides=overrides), "2026-03-04 12:00") == "U0000X"
    assert on(replace(schedule(), overrides=overrides), "2026-03-09 12:00") == ""


def test_people_on_the_roster_take_turns_and_absent_ones_are_skipped() -> None:
    roster = (Member(person="U0000A"), Member(person="U0000B", until=date(2026, 3, 4)), Member(person="U0000C"))
    found = schedule(Layer(turn="daily", hand_over="00:00", since=date(2026, 3, 2)), roster=roster)
    assert [on(found, f"2026-03-{d:02} 12:00") for d in range(2, 8)] == [
        "U0000A",
        "U0000B",
        "U0000C",
        "U0000A",
        "U0000C",
        "U0000C",
    ]


def test_gaps_are_found_within_the_hours_that_must_be_covered() -> None:
    found = schedule(
        WEEKLY.model_copy(update={"days": "mon tue wed thu fri"}), days="mon tue wed thu fri sat", hours="08:00-20:00"
    )
    assert found.gaps(local("2026-03-02 12:00"), local("2026-03-09 00:00")) == [
        (local("2026-03-07 08:00"), local("2026-03-07 20:00"))
    ]


def test_the_next_change_is_when_another_person_is_on_call() -> None:
    assert schedule(WEEKLY).next_change(local("2026-03-03 12:00")) == local("2026-03-09 09:00")
    assert schedule(WEEKLY.model_copy(update={"people": ("U0000A",)})).next_change(local("2026-03-03 12:00")) is None


LAYERS = st.builds(
    Layer, people=st.lists(st.sampled_from(["U0000A", "U0000B", "U0000C"]), min_size=1, max_size=3).map(tuple),
    turn=st.sampled_from(["daily", "weekly", "FREQ=WEEKLY;BYDAY=TU,SA", "FREQ=DAILY;INTERVAL=3"]),
    hand_over=st.sampled_from(["00:00", "02:30", "09:00", "23:30"]),
    timezone=st.sampled_from([None, "America/New_York", "Australia/Lord_Howe"]),
    days=st.sampled_from(["mon tue wed thu fri", "sat sun", "mon tue wed thu fri sat sun"]),
    hours=st.sampled_from(["00:00-24:00", "09:00-17:00", "20:00-08:00"]), shadow=st.booleans(),
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 10)).map(lambda m: m.replace(tzinfo=UTC))  # noqa: DTZ001 - given a zone at once
OVERRIDES = st.builds(
    lambda person, starts, hours, instead_of: ShiftOverride(
        person=person, starts=starts, ends=starts + hours * HOUR, instead_of=instead_of
    ),
    st.sampled_from(["U0000X", "U0000Y"]), MOMENTS, st.integers(1, 60), st.sampled_from(["", "U0000A", "U0000B"]),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(LAYERS, min_size=1, max_size=3), st.lists(OVERRIDES, max_size=3), MOMENTS)
def test_shifts_agree_with_the_person_on_call_at_every_moment(
    layers: list[Layer], overrides: list[ShiftOverride], start: datetime
) -> None:
    found = replace(schedule(*layers), overrides=tuple(overrides))
    shifts = found.shifts(start, start + 5 * DAY)
    assert (shifts[0].starts, shifts[-1].ends) == (start, start + 5 * DAY)
    for one, following in itertools.pairwise(shifts):
        assert one.ends == following.starts
        assert one.on_call != following.on_call
    for minutes in range(0, 5 * 24 * 60, 17):
        moment = start + timedelta(minutes=minutes)
        assert next(s.on_call for s in shifts if s.starts <= moment < s.ends) == found.at(moment)


def test_a_shift_may_change_hands_twice() -> None:
    whole = {"starts": local("2026-03-02 09:00"), "ends": local("2026-03-09 09:00")}
    overrides = (
        ShiftOverride(person="U0000X", instead_of="U0000A", **whole),
        ShiftOverride(person="U0000Y", instead_of="U0000X", **whole),
    )
    assert on(replace(schedule(WEEKLY), overrides=overrides), "2026-03-04 12:00") == "U0000Y"
