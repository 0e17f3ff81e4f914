"""iCalendar (RFC 5545): read another calendar as a rota's shifts, and write shifts as a calendar."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from dateutil.tz import resolve_imaginary
from icalendar import Calendar, Event

from domain.address import find_person
from domain.oncall.rota import Shift, ShiftOverride

MAX_COMPLAINTS = 50  # in one answer


class InvalidCalendar(Exception):  # noqa: N818 - it is shown to the operator as sentences
    """What is wrong with the file, one complaint per line."""


def read(data: bytes, people: Mapping[str, str], zone: str, since: datetime, until: datetime) -> list[ShiftOverride]:
    """Return the events between two moments as overrides; InvalidCalendar lists every event without a known person.

    The person is a Slack id in the summary or attendees, or a name or address of `people` in them (any case).
    """
    try:
        events: list[Any] = list(Calendar.from_ical(data).walk("VEVENT"))
        shifts = [one for event in _masters(events) for one in _occurrences(event, events, zone, since, until)]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InvalidCalendar(f"This isn't a valid iCalendar file: {error}") from None
    found, wrong = [], []
    for begins, ends, event in sorted(shifts, key=lambda one: one[:2]):
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


def _masters(events: Sequence[Any]) -> list[Any]:
    """Return the events without those that only change one occurrence of another event."""
    return [event for event in events if "RECURRENCE-ID" not in event and str(event.get("STATUS")) != "CANCELLED"]


def _occurrences(
    event: Any, events: Sequence[Any], zone: str, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, Any]]:
    """Yield each occurrence in the period as it is after changes: moved, reassigned, or left out when cancelled."""
    first, length = event["DTSTART"].dt, _length(event)
    others = {_moment(e["RECURRENCE-ID"].dt, zone): e for e in events
              if "RECURRENCE-ID" in e and e.get("UID") == event.get("UID")}  # fmt: skip
    for local in _starts(event, first, zone, until):
        begins = _moment(local, zone)
        changed = others.get(begins)
        if changed is None:
            found = (begins, begins + length, event)
        elif str(changed.get("STATUS")) == "CANCELLED":
            continue
        else:
            moved = _moment(changed["DTSTART"].dt, zone)
            found = (moved, moved + _length(changed), changed)
        if found[1] > since and found[0] < until:
            yield found


def _starts(event: Any, first: datetime | date, zone: str, until: datetime) -> list[datetime]:
    """Return when an event's occurrences start, in the local time of its zone."""
    local = first if isinstance(first, datetime) else datetime.combine(first, time())
    where = local.tzinfo or ZoneInfo(zone)
    naive = local.replace(tzinfo=None)
    left_out = {_moment(one.dt, zone) for one in _dates(event, "EXDATE")}
    more = [one.dt for one in _dates(event, "RDATE")]
    starts = [naive]
    if "RRULE" in event:
        rule = {
            **event["RRULE"],
            **({"UNTIL": [_wall(event["RRULE"]["UNTIL"][0], where)]} if "UNTIL" in event["RRULE"] else {}),
        }
        said = type(event["RRULE"])(rule).to_ical().decode()
        starts = rrulestr(said, dtstart=naive).between(naive, until.astimezone(where).replace(tzinfo=None), inc=True)
    placed = [resolve_imaginary(one.replace(tzinfo=where)) for one in starts]
    return [one for one in [*placed, *more] if _moment(one, zone) not in left_out]


def _dates(event: Any, name: str) -> list[Any]:
    found = event.get(name, [])
    return [one for some in (found if isinstance(found, list) else [found]) for one in some.dts]


def _wall(value: datetime | date, where: tzinfo) -> datetime | date:
    """Return the end of a rule in the notation of its start."""
    return value.astimezone(where).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value


def _length(event: Any) -> timedelta:
    start = event["DTSTART"].dt
    whole = timedelta(0) if isinstance(start, datetime) else timedelta(days=1)
    length: timedelta = event["DURATION"].dt if "DURATION" in event else whole
    if "DTEND" in event:
        length = event["DTEND"].dt - start
    return length


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
