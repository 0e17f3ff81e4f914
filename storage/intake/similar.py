"""What is open or was resolved lately, by its words: read from the database, and brought up to date at each use."""

import threading
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.intake.similarity import SimilarityIndex
from storage.tickets.tickets import Tickets

RECENT = timedelta(days=14)  # what was resolved that long ago may be back
OVERLAP = timedelta(minutes=1)  # a commit may become visible after its own time, and clocks of processes differ
MAX_SHOWN = 5


class SimilarTickets:
    """It holds nothing that the database does not, so each process has its own."""

    def __init__(self) -> None:
        self._index = SimilarityIndex()
        self._phase: dict[int, int] = {}
        self._texts: dict[int, int] = {}  # hashes of what was read, since most of it is read several times
        self._read: datetime | None = None  # until when it has been read
        self._one_at_a_time = threading.Lock()

    def find(
        self, connection: Connection, phase_id: int, words: str, now: datetime, most: int = MAX_SHOWN
    ) -> list[int]:
        """Tickets of that phase that are like these words, the most alike first."""
        self.refresh(connection, now)
        return self.known(phase_id, words, most)

    def known(self, phase_id: int, words: str, most: int = MAX_SHOWN) -> list[int]:
        """The same of what has been read until now."""
        with self._one_at_a_time:
            found = self._index.find(words, most * 4)
            alike = [f.id for f in found if f.is_similar and self._phase[f.id] == phase_id]
        return alike[:most]

    def refresh(self, connection: Connection, now: datetime) -> None:
        with self._one_at_a_time:
            self._catch_up(connection, now)

    def _catch_up(self, connection: Connection, now: datetime) -> None:
        since = self._read - OVERLAP if self._read and self._read <= now else None
        for seen in Tickets(connection).list_words_since(since, now - RECENT):
            if not seen.known:
                self._index.remove(seen.id)
                self._texts.pop(seen.id, None)
            elif self._texts.get(seen.id) != (text := hash((seen.summary, seen.words))):
                self._index.add(seen.id, seen.summary, seen.words)
                self._phase[seen.id], self._texts[seen.id] = seen.phase_id, text
        self._read = now
