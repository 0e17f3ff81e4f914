"""The calendar file of a session (RFC 5545), with which a calendar adds, moves or removes it."""

from datetime import datetime

from icalendar import Calendar, Event

from domain.phases.phase import Phase
from domain.sessions.session import UserSession

NAME = "session.ics"


def calendar_file(session: UserSession, phase: Phase, now: datetime, *, cancelled: bool) -> str:
    """Return the file; its UID stays, and its SEQUENCE grows with each change, so that calendars know which is newest.

    It is published and asks for no answer (METHOD:PUBLISH), since Slack doesn't say what addresses people have.
    """
    calendar = Calendar()
    for key, value in (("prodid", "-//Hypercare//Sessions//EN"), ("version", "2.0"), ("method", "PUBLISH")):
        calendar.add(key, value)
    event = Event()
    status = "CANCELLED" if cancelled else "CONFIRMED"
    values: tuple[tuple[str, object], ...] = (("uid", f"{phase.key}-session-{session.id}@hypercare"), ("dtstamp", now),
              ("dtstart", session.starts), ("dtend", session.ends), ("summary", session.title), ("status", status),
              ("sequence", session.version), ("description", f"{session.kind.label}, {phase.name}"))  # fmt: skip
    for name, given in values:
        event.add(name, given)
    if session.place:
        event.add("location", session.place)
    calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))
