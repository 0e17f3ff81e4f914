"""iCalendar (RFC 5545): read another calendar as a rota's shifts, and write shifts as a calendar."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from domain.address import find_person
from domain.oncall.rota import Shift, ShiftOverride

MAX_COMPLAINTS = 50  # in one answer
MAX_A_DAY = 24  # occurrences of one event; a calendar of shifts has fewer, and more would take hours to read
TOO_OFTEN = f"An event happens more than {MAX_A_DAY} times a day, so it isn't a shift. Remove it from the calendar."
DAY = timedelta(days=1)


class InvalidCalendar(Exception):  # noqa: N818 - it is shown to the operator as sentences
    """What is wrong with the file, one complaint per line."""


def read(data: bytes, people: Mapping[str, str], zone: str, since: datetime, until: datetime) -> list[ShiftOverride]:
    """Return the events between two moments as overrides; InvalidCalendar lists every event without a known person.

    The person is a Slack id in the summary or attendees, or a name or address of `people` in them (any case).
    """
    shifts = sorted(_occurrences(data, zone, since, until), key=lambda one: one[:2])
    found, wrong = [], []
    for begins, ends, event in shifts:
        person = _find_person(event, people)
        if person is None:
            start = f"{begins:%Y-%m-%d %H:%M} UTC"
            wrong.append(f"“{event.get('SUMMARY', '')}” from {start} has no known person. Add --person NAME=ID.")
        elif begins < ends:
            found.append(ShiftOverride(person=person, starts=begins, ends=ends, imported=True))
    if wrong:
        raise InvalidCalendar("\n".join(dict.fromkeys(wrong[:MAX_COMPLAINTS])))
    return found


def write(name: str, shifts: Iterable[tuple[str, Shift]], now: datetime) -> bytes:
    """Return shifts, given as (rota, shift), as an iCalendar file; uncovered ones are left out."""
    calendar = Calendar()
    for key, value in (("prodid", "-//Hypercare//On call//EN"), ("version", "2.0"), ("x-wr-calname", name)):
        calendar.add(key, value)
    for rota, shift in shifts:
        if shift.on_call.person:
            calendar.add_component(_event(rota, shift, now))
    return bytes(calendar.to_ical())


def _occurrences(data: bytes, zone: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime, Any]]:
    """Return (begin, end, event) of each occurrence in the period that is not cancelled, with its times in UTC.

    The library applies recurrence rules, exceptions, moved occurrences and newer versions of an event (RFC 5545).
    """
    from recurring_ical_events import of  # noqa: PLC0415 - only an import needs it, and the bot only writes calendars

    try:
        # Whole days and times without a zone are looked up as if in UTC, so a day more on both sides holds them all.
        calendar = Calendar.from_ical(data)
        if any(_is_too_often(event.get("RRULE")) for event in calendar.walk("VEVENT")):
            raise InvalidCalendar(TOO_OFTEN)
        events = of(calendar).between(since - DAY, until + DAY)
        shifts = [(_moment(event.start, zone), _moment(event.end, zone), event) for event in events]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise InvalidCalendar(f"This isn't a valid iCalendar file: {error}") from None
    return [one for one in shifts if one[1] > since and one[0] < until and one[2].get("STATUS") != "CANCELLED"]


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


def _find_person(event: Mapping[str, Any], people: Mapping[str, str]) -> str | None:
    attendees = event.get("ATTENDEE", ())
    attendees = attendees if isinstance(attendees, Sequence) and not isinstance(attendees, str) else (attendees,)
    names = [str(one.params.get("CN", "")) for one in attendees if hasattr(one, "params")]
    words = " ".join([str(event.get("SUMMARY", "")), *map(str, attendees), *names])
    if known := find_person(words):
        return known
    return next((id_ for name, id_ in people.items() if name.casefold() in words.casefold()), None)


def _moment(value: datetime | date, zone: str) -> datetime:
    """Return the moment in UTC; a whole day begins at midnight in `zone`, and so is a time without a zone read."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
