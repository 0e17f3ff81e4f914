"""Another calendar as a rota: recurrences over a clock change, exceptions and people, and the export."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.oncall import icalendar
from bot.services.oncall.icalendar import InvalidCalendar
from bot.settings.phase_toml import to_toml
from domain.oncall.rota import RotaSchedule, ShiftOverride
from domain.oncall.settings import Layer, Rota
from domain.phases.settings import PhaseSettings
from tests.support.command import hypercare

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
PEOPLE = {"Jo Adler": "U0JOADLER", "ravi@sandbox.example": "U0RAVIPATEL"}


def ics(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{event.strip()}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//T//EN\r\n{body}END:VCALENDAR\r\n".replace(
        "\n\n", "\n"
    ).encode()


def read(*events: str) -> list[ShiftOverride]:
    return icalendar.read(ics(*events), PEOPLE, "Europe/Berlin", SINCE, UNTIL)


WEEKLY = """UID:1
SUMMARY:On call: jo adler
DTSTART;TZID=Europe/Berlin:20260309T090000
DTEND;TZID=Europe/Berlin:20260310T090000
RRULE:FREQ=WEEKLY;UNTIL=20260406T070000Z
EXDATE;TZID=Europe/Berlin:20260316T090000"""


def test_a_weekly_shift_keeps_its_local_time_over_a_clock_change() -> None:
    found = read(WEEKLY)
    assert [c.starts for c in found] == [
        datetime(2026, 3, 9, 8, tzinfo=UTC), datetime(2026, 3, 23, 8, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC),
        datetime(2026, 4, 6, 7, tzinfo=UTC),
    ]  # fmt: skip
    assert {(c.person, c.imported) for c in found} == {("U0JOADLER", True)}


def test_an_occurrence_may_be_reassigned_moved_or_cancelled() -> None:
    swap = """UID:1
RECURRENCE-ID;TZID=Europe/Berlin:20260323T090000
SUMMARY:On call
ATTENDEE;CN=Ravi:mailto:ravi@sandbox.example
DTSTART;TZID=Europe/Berlin:20260323T120000
DTEND;TZID=Europe/Berlin:20260324T120000"""
    gone = """UID:1
RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000
STATUS:CANCELLED
SUMMARY:On call
DTSTART;TZID=Europe/Berlin:20260330T090000"""
    found = read(WEEKLY, swap, gone)
    assert [(c.person, c.starts.day) for c in found] == [("U0JOADLER", 9), ("U0RAVIPATEL", 23), ("U0JOADLER", 6)]
    assert found[1].starts == datetime(2026, 3, 23, 11, tzinfo=UTC)


def test_whole_days_and_floating_times_are_in_the_zone_of_the_phase() -> None:
    found = read(
        "UID:2\nSUMMARY:U0SAMORTIZ\nDTSTART;VALUE=DATE:20260310",
        "UID:3\nSUMMARY:Jo Adler\nDTSTART:20260312T200000\nDURATION:PT12H",
    )
    assert [(c.starts, c.ends - c.starts) for c in found] == [
        (datetime(2026, 3, 9, 23, tzinfo=UTC), timedelta(days=1)),
        (datetime(2026, 3, 12, 19, tzinfo=UTC), timedelta(hours=12)),
    ]


BERLIN = ZoneInfo("Europe/Berlin")
WEEK = """SUMMARY:{}
DTSTART;TZID=Europe/Berlin:{}T090000
DTEND;TZID=Europe/Berlin:{}T090000
RRULE:FREQ=WEEKLY;INTERVAL=2"""


def test_weekly_handovers_stay_at_nine_local_time_for_ten_years() -> None:
    jo, ravi = WEEK.format("Jo Adler", 20260302, 20260309), WEEK.format("ravi@sandbox.example", 20260309, 20260316)
    found = icalendar.read(ics(f"UID:1\n{jo}", f"UID:2\n{ravi}"), PEOPLE, "UTC", SINCE, SINCE + timedelta(days=3650))
    assert len(found) == 522
    assert all(one.ends == other.starts and one.person != other.person for one, other in pairwise(found))
    assert {one.starts.astimezone(BERLIN).time() for one in found} == {time(9)}


def shift(day: int, more: str = "", *, uid: int = 1, hour: int = 8) -> str:
    """An event of Jo's in March 2026, in UTC, with whatever else it says."""
    return f"UID:{uid}\nSUMMARY:Jo Adler\nDTSTART:202603{day:02}T{hour:02}0000Z\nDTEND:202603{day:02}T180000Z\n{more}"


@pytest.mark.parametrize(
    ("events", "starts"),
    [
        pytest.param([shift(3, "RRULE:FREQ=WEEKLY;UNTIL=20260401T000000Z;COUNT=-1;INTERVAL=2")],
                     ["03 08:00", "17 08:00", "31 08:00"], id="a count of minus one is no count"),
        pytest.param([shift(10, "RRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20260311")],
                     ["10 08:00", "12 08:00"], id="an excluded day excludes what starts on it"),
        pytest.param([shift(10, "SEQUENCE:0"), shift(11, "SEQUENCE:1")],
                     ["11 08:00"], id="the newest version of an event counts"),
        pytest.param([shift(12, "RECURRENCE-ID:20260312T080000Z", hour=9)],
                     ["12 09:00"], id="a changed occurrence counts without its series"),
        pytest.param([shift(10, "RDATE;VALUE=PERIOD:20260312T080000Z/20260312T120000Z")],
                     ["10 08:00", "12 08:00"], id="a further date may be a period"),
        pytest.param([shift(10, "RRULE:FREQ=DAILY;COUNT=3"),
                      shift(11, "RECURRENCE-ID;RANGE=THISANDFUTURE:20260311T080000Z", hour=10)],
                     ["10 08:00", "11 10:00", "12 10:00"], id="this occurrence and all later ones move"),
    ],
)  # fmt: skip
def test_recurrences_as_other_calendars_write_them(events: list[str], starts: list[str]) -> None:
    assert [f"{one.starts:%d %H:%M}" for one in read(*events)] == starts


def test_every_event_without_a_known_person_is_an_error() -> None:
    with pytest.raises(InvalidCalendar) as wrong:
        read("UID:4\nSUMMARY:Night\nDTSTART;VALUE=DATE:20260310", "UID:5\nSUMMARY:Day\nDTSTART;VALUE=DATE:20260311")
    assert str(wrong.value).count("doesn't name a known person") == 2
    with pytest.raises(InvalidCalendar, match="isn't a valid iCalendar file"):
        icalendar.read(b"hello", {}, "UTC", SINCE, UNTIL)


def test_people_are_named_by_whole_words_and_known_ids() -> None:
    people = {"Sam": "U0SAMORTIZ", "Ann": "U0ANNKAY00", "Jo": "U0JOADLER0", "Jo Adler": "U0JOADLER1"}

    def named(summary: str, known: set[str] | None = None) -> str:
        data = ics(f"UID:1\nSUMMARY:{summary}\nDTSTART;VALUE=DATE:20260310")
        return icalendar.read(data, people, "UTC", SINCE, UNTIL, known)[0].person

    assert named("WEEKDAYS: Sam") == "U0SAMORTIZ"
    assert named("jo  adler") == "U0JOADLER1", "the longest name counts"
    assert named("On call: U0YUKITANA", {"U0YUKITANA"}) == "U0YUKITANA"
    for unclear in ("Planning day", "Joanna", "U0YUKITANA", "Sam and Ann"):
        with pytest.raises(InvalidCalendar, match="Whose shift is it"):
            named(unclear, {"U0SAMORTIZ"})


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("DTSTART:2026-03-10T09:00:00Z", "has a start that can't be read (DTSTART)"),
        ("DTEND:20260310T090000Z", "has no start (DTSTART)"),
        ("DTSTART:20260310T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=XX", "has a recurrence rule that can't be read (RRULE)"),
        ("DTSTART:20260310T090000Z\nDTEND:20260310T080000Z", "ends before it begins"),
        ("DTSTART:20260310T090000Z\nDURATION:-PT1H", "ends before it begins"),
        ("DTSTART;TZID=Nowhere/Else:20260310T090000", "is in the time zone Nowhere/Else, which isn't known"),
        ("DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY;BYSETPOS=-1;BYDAY=MO", "has recurred since 1, more than 50"),
        ("DTSTART:20260310T090000Z\nRRULE:FREQ=MINUTELY", "happens more than 24 times a day"),
        ("DTSTART:20260310T090000Z", "from 10 Mar 2026, 10:00 has no length"),
        ("DTSTART;VALUE=DATE:20260310\nDTEND;VALUE=DATE:20260310", "from 10 Mar 2026, 00:00 has no length"),
        ("DTSTART;VALUE=DATE:20260310\nDTEND:20260311T090000Z", "begins and ends in two ways"),
        ("DTSTART:20260310T090000\nDTEND:20260311T090000Z", "begins and ends in two ways"),
        ("DTSTART:20260310T090000Z\nDTSTART:20260311T090000Z", "has DTSTART more than once"),
        ("DTSTART:20260310T090000Z\nSUMMARY:Day of Jo", "has SUMMARY more than once"),
    ],
)
def test_an_event_that_cannot_be_a_shift_is_named_with_the_reason(event: str, said: str) -> None:
    with pytest.raises(InvalidCalendar) as wrong:
        read(shift(10), f"UID:9\nSUMMARY:Night of Jo\n{event}")
    assert f"“Night of Jo” {said}" in str(wrong.value)
    assert "vD" not in str(wrong.value), "no words of the library"


def in_own_zone(hours: int) -> str:
    """A calendar as Outlook writes it, whose only zone has a name that Outlook gives to every such zone."""
    zone = f"""BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:{hours:+03}00
TZOFFSETTO:{hours:+03}00
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT"""
    event = "UID:1\nSUMMARY:Jo Adler\nDTSTART;TZID=Customized Time Zone:20260310T090000\nDURATION:PT8H"
    return ics(event).decode().replace("BEGIN:VEVENT", zone)


def test_a_zone_that_a_calendar_defines_counts_in_that_calendar_only() -> None:
    for hours in (1, -5):
        (found,) = icalendar.read(in_own_zone(hours).encode(), PEOPLE, "UTC", SINCE, UNTIL)
        assert found.starts == datetime(2026, 3, 10, 9 - hours, tzinfo=UTC)
    undefined = in_own_zone(1).replace("TZID:Customized", "TZID:Another").encode()
    with pytest.raises(InvalidCalendar, match="is in the time zone Customized Time Zone, which isn't known"):
        icalendar.read(undefined, PEOPLE, "UTC", SINCE, UNTIL)


def test_files_as_programs_join_and_write_them_are_read() -> None:
    both = ics(shift(10)) + ics(shift(11, uid=2))
    for data in (both, both.decode().encode("utf-16"), b"\xef\xbb\xbf" + both):
        found = icalendar.read(data, PEOPLE, "UTC", SINCE, UNTIL)
        assert [one.starts.day for one in found] == [10, 11]


def test_rooms_and_people_who_declined_are_not_on_call() -> None:
    declined = "ATTENDEE;CN=Jo Adler;PARTSTAT=DECLINED:mailto:jo@sandbox.example"
    room = "ATTENDEE;CN=Jo Adler;CUTYPE=ROOM:mailto:room@sandbox.example"
    event = f"UID:1\nSUMMARY:On call\nDTSTART;VALUE=DATE:20260310\n{declined}\n{room}"
    (found,) = read(f"{event}\nATTENDEE;CN=Ravi:mailto:ravi@sandbox.example")
    assert found.person == "U0RAVIPATEL"
    with pytest.raises(InvalidCalendar, match="Whose shift is it"):
        read(event)


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe", "UTC"])


@settings(max_examples=40, deadline=None)
@given(zone=ZONES, first=st.dates(date(2025, 1, 1), date(2026, 4, 1)), hour=st.integers(4, 23),
       every=st.integers(1, 4), weekly=st.booleans(), count=st.integers(1, 60), hours=st.integers(1, 20),
       skipped=st.sets(st.integers(0, 59), max_size=3), moved=st.integers(0, 59))  # fmt: skip
def test_recurring_shifts_are_those_of_the_wall_clock(
    zone: str, first: date, hour: int, every: int, weekly: bool, count: int, hours: int, skipped: set[int], moved: int
) -> None:  # fmt: skip
    """The reference is plain arithmetic with local dates: a shift that is moved starts an hour later."""
    local = ZoneInfo(zone)

    def at(number: int, later: int = 0) -> datetime:
        day = first + timedelta(days=number * every * (7 if weekly else 1))
        return datetime.combine(day, time(hour)) + timedelta(hours=later)

    def stamp(name: str, moment: datetime) -> str:
        return f"{name};TZID={zone}:{moment:%Y%m%dT%H%M%S}"

    rule = f"RRULE:FREQ={'WEEKLY' if weekly else 'DAILY'};INTERVAL={every};COUNT={count}"
    excluded = "".join(f"\n{stamp('EXDATE', at(number))}" for number in sorted(skipped))
    series = f"UID:1\nSUMMARY:Jo Adler\n{stamp('DTSTART', at(0))}\nDURATION:PT{hours}H\n{rule}{excluded}"
    events, changed = [series], moved < count and moved not in skipped
    if changed:
        events.append(f"UID:1\n{stamp('RECURRENCE-ID', at(moved))}\nSUMMARY:Jo Adler\n{stamp('DTSTART', at(moved, 1))}"
                      f"\nDURATION:PT{hours}H")  # fmt: skip
    expected = [at(number, int(changed and number == moved)).replace(tzinfo=local) for number in range(count)
                if number not in skipped]  # fmt: skip
    found = icalendar.read(ics(*events), PEOPLE, "UTC", SINCE, UNTIL)
    inside = sorted(moment for moment in (one.astimezone(UTC) for one in expected) if SINCE < moment < UNTIL)
    assert [one.starts for one in found if one.starts > SINCE] == inside


def test_a_rota_import_shows_who_would_be_on_call_before_and_after(tmp_path: Path) -> None:
    layer = Layer(people=("U0SAMORTIZ",), since=date(2026, 1, 1))
    phase = PhaseSettings(key="PAY", name="Pay", system="Pay", timezone="Europe/Berlin", triage_channel="C0TRIAGE01",
                          oncall_channel="C0ONCALL01", leads=("U0LENA0001",),
                          oncall={"rotas": (Rota(name="primary", layers=(layer,)),)})  # fmt: skip
    (tmp_path / "pay.toml").write_text(to_toml(phase))
    assert hypercare(tmp_path, "phase", "apply", "pay.toml").returncode == 0
    day = datetime.now(UTC).date() + timedelta(days=3)
    new = f"UID:1\nSUMMARY:Jo Adler\nDTSTART;VALUE=DATE:{day:%Y%m%d}"
    (tmp_path / "new.ics").write_bytes(ics(new))
    (tmp_path / "old.ics").write_bytes(ics(new.replace(f"{day:%Y%m%d}", "20200301")))
    command = ("oncall", "import", "PAY", "primary")
    person = ("--person", "Jo Adler=U0JOADLER1")
    unknown = hypercare(tmp_path, *command, "new.ics")
    assert (unknown.returncode, "Whose shift is it?" in unknown.stderr) == (2, True)
    old = hypercare(tmp_path, *command, "old.ics", *person)
    assert (old.returncode, "has no shift from today on" in old.stderr) == (2, True)
    line = f"{day:%a %Y-%m-%d} 00:00 to {day + timedelta(days=1):%a %Y-%m-%d} 00:00: U0SAMORTIZ → U0JOADLER1"
    shown = hypercare(tmp_path, *command, "new.ics", *person, "--dry-run").stdout
    assert shown.splitlines() == [line, "Nothing was changed."]
    done = hypercare(tmp_path, *command, "new.ics", *person)
    assert done.stdout.splitlines()[0] == line
    assert "Imported 1 shift of primary" in done.stdout
    again = hypercare(tmp_path, *command, "new.ics", *person, "--dry-run").stdout
    assert again.splitlines()[0] == "Who is on call stays the same in the next four weeks."


def test_whole_days_of_a_calendar_are_holidays() -> None:
    """Right is what the library says of the days; an event of another kind is named."""
    christmas = "UID:1\nSUMMARY:Christmas\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227"
    yearly = "UID:2\nSUMMARY:Labour Day\nDTSTART;VALUE=DATE:20240501\nRRULE:FREQ=YEARLY"
    since, until = datetime(2026, 11, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    found = icalendar.read_days(ics(christmas, yearly), "Europe/Berlin", since, until)
    assert found == [date(2026, 12, 25), date(2026, 12, 26), date(2027, 5, 1)]
    meeting = "UID:3\nSUMMARY:Planning\nDTSTART:20261130T090000Z\nDTEND:20261130T100000Z"
    with pytest.raises(InvalidCalendar, match="“Planning” isn't a whole day"):
        icalendar.read_days(ics(christmas, meeting), "Europe/Berlin", since, until)
    with pytest.raises(InvalidCalendar, match="no whole day from today on"):
        icalendar.read_days(ics(christmas), "UTC", datetime(2027, 1, 1, tzinfo=UTC), until)


def test_an_operator_adds_holidays_from_a_file_or_an_https_address(tmp_path: Path) -> None:
    phase = PhaseSettings(key="PAY", name="Pay", triage_channel="C0TRIAGE01", oncall_channel="C0ONCALL01",
                          leads=("U0LENA0001",))  # fmt: skip
    (tmp_path / "pay.toml").write_text(to_toml(phase))
    hypercare(tmp_path, "phase", "apply", "pay.toml")
    day = datetime.now(UTC).date() + timedelta(days=3)
    (tmp_path / "days.ics").write_bytes(ics(f"UID:1\nSUMMARY:Fair\nDTSTART;VALUE=DATE:{day:%Y%m%d}"))
    command = ("phase", "holidays", "PAY")
    assert f"These are holidays of PAY now: {day}." in hypercare(tmp_path, *command, "days.ics").stdout
    assert "all of these holidays already" in hypercare(tmp_path, *command, "days.ics").stdout
    plain = hypercare(tmp_path, *command, "http://127.0.0.1:1/days.ics")
    assert (plain.returncode, "Only https addresses" in plain.stderr) == (2, True)
    away = hypercare(tmp_path, *command, "https://127.0.0.1:1/days.ics")
    assert (away.returncode, "did not answer" in away.stderr) == (2, True)


def test_an_export_reads_back_unchanged() -> None:
    layer = Layer(people=("U0SAMORTIZ", "U0YUKITANA"), turn="daily", since=date(2026, 3, 2))
    schedule = RotaSchedule(rota=Rota(name="primary", layers=(layer,)), zone="Europe/Berlin")
    shifts = schedule.shifts(datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC))
    data = icalendar.write("On call", [("primary", s) for s in shifts], SINCE)
    found = icalendar.read(data, {}, "UTC", SINCE, UNTIL)
    assert [(c.starts, c.ends, c.person) for c in found] == [(s.starts, s.ends, s.on_call.person) for s in shifts]
    again = RotaSchedule(rota=Rota(name="primary", layers=()), overrides=tuple(found))
    assert [s.on_call.person for s in again.shifts(shifts[0].starts, shifts[-1].ends)] == [
        s.on_call.person for s in shifts
    ]
