"""Open and recently resolved tickets by their words: read from the database, and updated at each use."""

import threading
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.intake.similarity import SimilarityIndex
from storage.tickets.tickets import Tickets

RECENT = timedelta(days=14)  # a problem resolved within that time may recur
OVERLAP = timedelta(minutes=1)  # a commit may become visible after its own time, and clocks of processes differ
MAX_SHOWN = 5


class SimilarTickets:
    """An index in memory of what the database holds; each process has its own."""

    def __init__(self) -> None:
        self._index = SimilarityIndex()
        self._phase: dict[int, int] = {}
        self._texts: dict[int, int] = {}  # hashes of what was read, to skip unchanged texts
        self._read: datetime | None = None  # read until then
        self._one_at_a_time = threading.Lock()

    def find(
        self, connection: Connection, phase_id: int, words: str, now: datetime, most: int = MAX_SHOWN
    ) -> list[int]:
        """Update the index; return the ids of similar tickets of the phase, most similar first."""
        self.refresh(connection, now)
        return self.find_indexed(phase_id, words, most)

    def find_indexed(self, phase_id: int, words: str, most: int = MAX_SHOWN) -> list[int]:
        """Return similar tickets of what was read so far."""
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
            if not seen.is_suggested:
                self._index.remove(seen.id)
                self._texts.pop(seen.id, None)
            elif self._texts.get(seen.id) != (text := hash((seen.summary, seen.words))):
                self._index.add(seen.id, seen.summary, seen.words)
                self._phase[seen.id], self._texts[seen.id] = seen.phase_id, text
        self._read = now
