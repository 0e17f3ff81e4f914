"""iCalendar (RFC 5545): read another calendar as a rota's shifts, and write shifts as a calendar."""

import codecs
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from icalendar.timezone import tzp

from domain.address import find_person
from domain.oncall.rota import Shift, ShiftOverride

MAX_COMPLAINTS = 50  # in one answer
MAX_A_DAY = 24  # occurrences of one event; a calendar of shifts has fewer, and more would take hours to read
TOO_OFTEN = f"happens more than {MAX_A_DAY} times a day, so it isn't a shift. Remove it from the calendar."
WHOSE = "Add --person NAME=ID, with the whole title of the event as the name."
MAX_BYTES = 10_000_000
MAX_SHIFTS = 20_000
MAX_YEARS_BEFORE = 50  # of a recurring event; each occurrence since its start is calculated
TIMES = {"DTSTART": "a start", "DTEND": "an end", "DURATION": "a duration", "RRULE": "a recurrence rule",
         "RDATE": "further dates", "EXDATE": "excluded dates", "RECURRENCE-ID": "a changed occurrence"}  # fmt: skip
SINGLE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SUMMARY", "STATUS", "UID", "SEQUENCE")
DAY = timedelta(days=1)
Occurrences = list[tuple[datetime, datetime, Any]]
parsing = Lock()


class InvalidCalendar(Exception):  # noqa: N818 - it is shown to the operator as sentences
    """What is wrong with the file, one complaint per line."""


def read(
    data: bytes, people: Mapping[str, str], zone: str, since: datetime, until: datetime,
    known: Collection[str] | None = None, hint: str = WHOSE,
) -> list[ShiftOverride]:  # fmt: skip
    """Return the events between two moments as overrides; InvalidCalendar names every event that can't be one.

    The person is a Slack id in the summary or attendees, or a name or address of `people` in them (any case, whole
    words). `known` are the ids that count as such; without it every word that looks like one. `hint` says how to name
    the person of an event.
    """
    shifts = sorted(_occurrences(data, zone, since, until), key=lambda one: one[:2])
    if len(shifts) > MAX_SHIFTS:
        raise InvalidCalendar(f"The calendar has more than {MAX_SHIFTS:,} shifts. Export a shorter period.")
    found, wrong = [], []
    for begins, ends, event in shifts:
        named = _find_people(event, people, known)
        if len(named) == 1 and begins < ends:
            found.append(ShiftOverride(person=min(named), starts=begins, ends=ends, imported=True))
            continue
        problem = "names several people" if named else "doesn't name a known person"
        said = f"{problem}. Whose shift is it? {hint}" if begins < ends else "has no length. Give it an end."
        local = begins.astimezone(ZoneInfo(zone))
        wrong.append(f"{_title(event)} from {local.day} {local:%b %Y, %H:%M} {said}")
    if wrong:
        raise InvalidCalendar("\n".join(list(dict.fromkeys(wrong))[:MAX_COMPLAINTS]))
    return found


def read_days(data: bytes, zone: str, since: datetime, until: datetime) -> list[date]:
    """Return the whole days of the events between two moments, in order; InvalidCalendar names other events."""
    found, wrong = set[date](), list[str]()
    for _, _, event in _occurrences(data, zone, since, until):
        begins, ends = event.start, event.end
        if isinstance(begins, datetime) or isinstance(ends, datetime):
            wrong.append(f"{_title(event)} isn't a whole day. Make it one, or remove it.")
        else:
            found |= {begins + number * DAY for number in range(max((ends - begins).days, 1))}
    if wrong:
        raise InvalidCalendar("\n".join(list(dict.fromkeys(wrong))[:MAX_COMPLAINTS]))
    if not found:
        raise InvalidCalendar("The calendar has no whole day from today on. Export the coming year too.")
    return sorted(found)


def write(name: str, shifts: Iterable[tuple[str, Shift]], now: datetime) -> bytes:
    """Return shifts, given as (rota, shift), as an iCalendar file; uncovered ones are left out."""
    calendar = Calendar()
    for key, value in (("prodid", "-//Hypercare//On call//EN"), ("version", "2.0"), ("x-wr-calname", name)):
        calendar.add(key, value)
    for rota, shift in shifts:
        if shift.on_call.person:
            calendar.add_component(_event(rota, shift, now))
    return bytes(calendar.to_ical())


def _occurrences(data: bytes, zone: str, since: datetime, until: datetime) -> Occurrences:
    """Return (begin, end, event) of each occurrence in the period that is not cancelled, with its times in UTC.

    The library applies recurrence rules, exceptions, moved occurrences and newer versions of an event (RFC 5545).
    """
    if len(data) > MAX_BYTES:
        raise InvalidCalendar(f"The calendar is larger than {MAX_BYTES // 1_000_000} MB. Export a shorter period.")
    try:
        calendars = _parse(data)
        events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise InvalidCalendar("This isn't a valid iCalendar file. Export the calendar again.") from None
    if wrong := [f"{_title(event)} {problem}" for event in events if (problem := _problem(event, since))]:
        raise InvalidCalendar("\n".join(dict.fromkeys(wrong[:MAX_COMPLAINTS])))
    found = [one for calendar in calendars for one in _of_calendar(calendar, zone, since, until)]
    return [one for one in found if one[1] > since and one[0] < until and one[2].get("STATUS") != "CANCELLED"]


def _parse(data: bytes) -> list[Calendar]:
    """Return the calendars of a file; one that several exports were joined to has several."""
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16") if marked else data.replace(codecs.BOM_UTF8, b"")
    # The library keeps the zones that a calendar defines for those that it reads later. Outlook gives many zones one
    # name, so each file begins without any.
    with parsing:
        tzp.use_default()
        calendars: list[Calendar] = Calendar.from_ical(text, multiple=True)
    if not calendars:
        raise ValueError("no calendar")
    return calendars


def _of_calendar(calendar: Calendar, zone: str, since: datetime, until: datetime) -> Occurrences:
    from recurring_ical_events import of  # noqa: PLC0415 - only an import needs it, and the bot only writes calendars

    try:
        # Whole days and times without a zone are looked up as if in UTC, so a day more on both sides holds them all.
        found = of(calendar).between(since - DAY, until + DAY)
        return [(_moment(event.start, zone), _moment(event.end, zone), event) for event in found]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        raise InvalidCalendar(f"{_first_unreadable(calendar, since, until)} Correct it, or remove it.") from None


def _title(event: Any) -> str:
    """Return the summary of an event in quotes; the first of several."""
    found = event.get("SUMMARY", "")
    return f"“{found[0] if isinstance(found, list) else found}”"


def _first_unreadable(calendar: Calendar, since: datetime, until: datetime) -> str:
    """Return a sentence that names the first event that can't be read by itself, or the first that could be meant."""
    from recurring_ical_events import of  # noqa: PLC0415 - as above

    events = calendar.walk("VEVENT")
    for event in events:
        alone = Calendar()
        alone.subcomponents = [*calendar.walk("VTIMEZONE"), event]
        try:
            of(alone).between(since - DAY, until + DAY)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
            return f"{_title(event)} can't be read as an event."
    return "Two events of the calendar contradict each other, for example in their recurrence."


def _problem(event: Any, since: datetime) -> str:
    """Return why an event can't be a shift, as the rest of a sentence that begins with its summary; "" if it can."""
    for name, about in TIMES.items():
        if any(known.upper() == name for known, _ in event.errors if known):
            return f"has {about} that can't be read ({name}). Correct it."
    if repeated := [name for name in SINGLE if isinstance(event.get(name), list)]:
        return f"has {repeated[0]} more than once. Keep one."
    start, end, duration = (event.get(name) for name in ("DTSTART", "DTEND", "DURATION"))
    if start is None:
        return "has no start (DTSTART). Add it."
    zone = start.params.get("TZID")
    if zone and isinstance(start.dt, datetime) and start.dt.tzinfo is None:
        return f"is in the time zone {zone}, which isn't known. Use one such as Europe/Berlin."
    if end and _form(start.dt) != _form(end.dt):
        return "begins and ends in two ways: as a whole day, at a time, or at a time of a time zone. Use one of them."
    if (end and end.dt < start.dt) or (duration and duration.dt < timedelta(0)):
        return "ends before it begins. Correct its end."
    if _is_too_often(event.get("RRULE")):
        return TOO_OFTEN
    if event.get("RRULE") and start.dt.year < since.year - MAX_YEARS_BEFORE:
        return f"has recurred since {start.dt.year}, more than {MAX_YEARS_BEFORE} years. Give it a later start."
    return ""


def _form(value: datetime | date) -> tuple[bool, bool]:
    """Return whether a value has a time, and whether it has a zone."""
    return isinstance(value, datetime), isinstance(value, datetime) and value.tzinfo is not None


def _is_too_often(rules: Any) -> bool:
    """Return whether a recurrence rule has more occurrences in a day than any calendar of shifts."""
    for rule in rules if isinstance(rules, list) else [rules] if rules else []:
        often = {"SECONDLY": 86400, "MINUTELY": 1440, "HOURLY": 24}.get(str((rule.get("FREQ") or [""])[0]).upper(), 1)
        for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            often *= max(len(rule.get(part) or ()), 1)
        if often > MAX_A_DAY:
            return True
    return False


def _event(rota: str, shift: Shift, now: datetime) -> Event:
    event = Event()
    instead = (
        f", instead of {shift.on_call.scheduled}" if shift.on_call.scheduled not in ("", shift.on_call.person) else ""
    )
    uid = f"{rota}-{shift.ends.timestamp():.0f}-{shift.on_call.person}@hypercare".replace(" ", "-")
    for key, value in (("summary", f"On call ({rota}): {shift.on_call.person}{instead}"), ("dtstart", shift.starts),
                       ("dtend", shift.ends), ("dtstamp", now), ("transp", "TRANSPARENT"), ("uid", uid)):  # fmt: skip
        event.add(key, value)
    return event


def _find_people(event: Mapping[str, Any], people: Mapping[str, str], known: Collection[str] | None) -> set[str]:
    """Return the people whom an event names: those in its summary, or else its attendees."""
    attendees = event.get("ATTENDEE", ())
    attendees = attendees if isinstance(attendees, Sequence) and not isinstance(attendees, str) else (attendees,)
    attendees = [one for one in attendees if _may_come(one)]
    names = [str(one.params.get("CN", "")) for one in attendees if hasattr(one, "params")]
    for text in (str(event.get("SUMMARY", "")), "\n".join([*map(str, attendees), *names])):
        if found := _named_in(text, people, known):
            return found
    return set()


def _may_come(attendee: Any) -> bool:
    """Return whether an attendee is a person or a group who did not decline."""
    about = {name: str(value).upper() for name, value in getattr(attendee, "params", {}).items()}
    return about.get("PARTSTAT") != "DECLINED" and about.get("CUTYPE") not in ("ROOM", "RESOURCE")


def _named_in(text: str, people: Mapping[str, str], known: Collection[str] | None) -> set[str]:
    """Return the people whose names are whole words of a text; of a name inside of a longer one only the longer."""
    rest, found = " ".join(text.split()), set[str]()
    for name in sorted(people, key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(' '.join(name.split()))}(?!\w)"
        rest, count = re.subn(pattern, "\n", rest, flags=re.IGNORECASE)
        found |= {people[name]} if count else set()
    return found | {word for word in re.findall(r"\b[A-Z0-9]+\b", rest) if _is_id(word, known)}


def _is_id(word: str, known: Collection[str] | None) -> bool:
    return word in known if known is not None else find_person(word) is not None


def _moment(value: datetime | date, zone: str) -> datetime:
    """Return the moment in UTC; a whole day begins at midnight in `zone`, and so is a time without a zone read."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
