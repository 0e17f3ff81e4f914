"""What a meeting noted, as Slack shows it: the message with all of it, and the one for each ticket."""

from collections.abc import Sequence
from typing import Any

from bot.views.people.names import name_of
from bot.views.text import context, day, message, quote, section
from domain.delivery.message import link_to
from domain.warroom.meeting_note import Meeting, MeetingNote

Message = dict[str, Any]
SHOWN = 30  # notes in one message
HINT = "Add :pushpin: to a message below the {meeting} to note what was decided or promised."


def notes(phase: str, meeting: Meeting, found: Sequence[MeetingNote]) -> Message:
    """Return what was decided and promised in a meeting."""
    title = f"Decided and promised in the {meeting.label} of {quote(phase)}, {day(meeting.day)}"
    lines = [f"• {name_of(one.author)}: {quote(one.text, 300)}" for one in found[:SHOWN]]
    lines += [f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    parts = ["\n".join(lines[at : at + 8]) for at in range(0, len(lines), 8)] or ["Nothing any more."]
    return message(title, [section(f"*{title}*"), *map(section, parts), context(HINT.format(meeting=meeting.label))])


def noted(meeting: Meeting, note: MeetingNote) -> Message:
    """Tell the team of a ticket what was said about it in a meeting."""
    where = link_to(meeting.name, f"the {meeting.label}")
    text = f"{name_of(note.noted_by)} noted this from {where}: {name_of(note.author)}: {quote(note.text, 600)}"
    return message(text)


def taken_back(meeting: Meeting, note: MeetingNote) -> Message:
    """Tell the team of a ticket that a note about it no longer counts."""
    text = f"{name_of(note.noted_by)} took back a note from the {meeting.label}: {quote(note.text, 300)}"
    return message(text)
