"""Weekly notes to reporters, and thanks to the team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from storage.database.columns import Utc
from storage.followup.tables import notes

NOTE, THANKS = "note", "thanks"
DRAFT, POSTED, SKIPPED = "draft", "posted", "skipped"
# Built once, since building takes longer than running it.
THANKS_ROWS = select(notes.c.person, notes.c.words).where(
    notes.c.phase_id == bindparam("phase"), notes.c.kind == THANKS, notes.c.at >= bindparam("since", type_=Utc()),
    notes.c.at < bindparam("until", type_=Utc())).order_by(notes.c.at)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """A note; `words` is the posted text, and empty for a draft, which is written when it is opened."""

    id: int
    phase_id: int
    occasion: str
    state: str
    words: str
    person: str
    at: datetime


class Notes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_draft(self, phase_id: int, occasion: str, person: str, at: datetime) -> Note | None:
        """Insert a draft; None if there is one of that occasion."""
        mine = (notes.c.phase_id == phase_id, notes.c.kind == NOTE, notes.c.occasion == occasion)
        if self._connection.scalar(select(notes.c.id).where(*mine)) is not None:
            return None
        return self.find_note(self._add(phase_id, NOTE, occasion, DRAFT, "", person, at))

    def find_note(self, note_id: int) -> Note | None:
        columns = [notes.c[name] for name in Note.__dataclass_fields__]
        row = self._connection.execute(select(*columns).where(notes.c.id == note_id)).first()
        return Note(*row) if row else None

    def update_draft(self, note: Note, state: str, words: str, person: str, at: datetime) -> bool:
        """Mark a draft as posted or skipped; False if it is no draft any more."""
        mine = (notes.c.id == note.id, notes.c.state == DRAFT)
        given = {"state": state, "words": words, "person": person, "at": at}
        return self._connection.execute(update(notes).where(*mine).values(given)).rowcount > 0

    def find_last_posted(self, phase_id: int) -> datetime | None:
        mine = (notes.c.phase_id == phase_id, notes.c.kind == NOTE, notes.c.state == POSTED)
        found: datetime | None = self._connection.scalar(select(func.max(notes.c.at)).where(*mine))
        return found

    def insert_thanks(self, phase_id: int, words: str, person: str, at: datetime) -> None:
        self._add(phase_id, THANKS, at.isoformat(), POSTED, words, person, at)

    def list_thanks(self, phase_id: int, since: datetime, until: datetime) -> Sequence[tuple[str, str]]:
        """Return (person, words) of the thanks in that span, oldest first."""
        rows = self._connection.execute(THANKS_ROWS, {"phase": phase_id, "since": since, "until": until})
        return [(row.person, row.words) for row in rows]

    def _add(self, phase_id: int, kind: str, occasion: str, state: str, words: str, person: str, at: datetime) -> int:
        row = {"phase_id": phase_id, "kind": kind, "occasion": occasion, "state": state, "words": words,
               "person": person, "at": at}  # fmt: skip
        key = self._connection.execute(insert(notes).values(row)).inserted_primary_key
        return int(key[0])  # type: ignore[index]
