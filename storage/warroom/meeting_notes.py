"""What is noted below agendas and the minutes of stand-ups."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.warroom.meeting_note import MeetingNote
from storage.warroom.tables import meeting_notes

COLUMNS = [one.name for one in fields(MeetingNote)]
NEW = {
    name: new(meeting_notes).on_conflict_do_nothing().returning(meeting_notes.c.id)
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


class MeetingNotes:
    """Messages that people noted; each is noted once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_note(self, note: MeetingNote) -> bool:
        """Insert a message; return whether it was not there yet."""
        row = {name: getattr(note, name) for name in COLUMNS if name != "id"}
        return self._connection.scalar(NEW[self._connection.dialect.name], row) is not None

    def find_note(self, channel: str, ts: str) -> MeetingNote | None:
        """Return what was noted of a message."""
        here = (meeting_notes.c.channel == channel, meeting_notes.c.ts == ts)
        row = self._connection.execute(select(meeting_notes).where(*here)).first()
        return _note(row) if row else None

    def update_note(self, note_id: int, text: str) -> None:
        """Change what a note says; without a text, it is deleted."""
        mine = meeting_notes.c.id == note_id
        change = update(meeting_notes).where(mine).values(text=text) if text else delete(meeting_notes).where(mine)
        self._connection.execute(change)

    def list_of_meeting(self, meeting: str) -> list[MeetingNote]:
        """Return what was noted in a meeting, in the order in which it was written."""
        mine = select(meeting_notes).where(meeting_notes.c.meeting == meeting)
        ordered = mine.order_by(meeting_notes.c.at, meeting_notes.c.id)
        return [_note(row) for row in self._connection.execute(ordered)]


def _note(row: Any) -> MeetingNote:
    return MeetingNote(**{name: getattr(row, name) for name in COLUMNS})
