"""Open and recently resolved tickets by their words: read from the database, and updated at each use."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.intake.similarity import MAX_SCORES, SimilarityIndex, plain_index
from domain.intake.words import NO_SYNONYMS, Synonyms
from domain.phases.phase import Phase
from storage.tickets.tickets import Tickets, TicketWords

RECENT = timedelta(days=14)  # a problem resolved within that time may recur
OVERLAP = timedelta(minutes=1)  # a commit may become visible after its own time, and clocks of processes differ
MAX_SHOWN = 5


class SimilarTickets:
    """An index a phase in memory of what the database holds; each process has its own."""

    def __init__(self, new_index: Callable[[Synonyms], SimilarityIndex] = plain_index) -> None:
        self._new_index = new_index
        self._indexes: dict[int, SimilarityIndex] = {}
        self._phase: dict[int, int] = {}  # of each ticket that is in an index
        self._texts: dict[int, int] = {}  # hashes of what was read, to skip unchanged texts
        self._resolved: dict[int, set[int]] = {}  # the resolved tickets in each index
        self._read: datetime | None = None  # read until then
        self._one_at_a_time = threading.Lock()

    def find(self, connection: Connection, phase: Phase, title: str, text: str, now: datetime) -> list[int]:
        """Update the index; return the ids of tickets of the phase that are worth showing, most similar first."""
        with self._one_at_a_time:
            self._follow_synonyms(phase)
            self._catch_up(connection, now)
            index = self._indexes.get(phase.id)
            found = index.find(title, text, limit=MAX_SHOWN) if index else []
            return [ticket.id for ticket in found if index and ticket.score >= index.threshold]

    def find_same(self, phase_id: int, title: str, text: str, ticket_id: int) -> list[int]:
        """Return resolved tickets that say nearly the same as this one, of what was read so far."""
        with self._one_at_a_time:
            index, among = self._indexes.get(phase_id), self._resolved.get(phase_id, set())
            found = index.find(title, text, limit=MAX_SHOWN, but=ticket_id, among=among) if index and among else []
            return [ticket.id for ticket in found if ticket.is_same]

    def refresh(self, connection: Connection, now: datetime) -> None:
        with self._one_at_a_time:
            self._catch_up(connection, now)

    def _follow_synonyms(self, phase: Phase) -> None:
        """Read everything again when a phase has other synonyms than its index."""
        synonyms = Synonyms(phase.intake.synonyms)
        index = self._indexes.setdefault(phase.id, self._new_index(synonyms))
        if index.synonyms != synonyms:
            self._indexes[phase.id] = self._new_index(synonyms)
            self._texts = {id_: text for id_, text in self._texts.items() if self._phase[id_] != phase.id}
            self._read = None

    def _catch_up(self, connection: Connection, now: datetime) -> None:
        since = self._read - OVERLAP if self._read and self._read <= now else None
        new = list[TicketWords]()
        for seen in sorted(Tickets(connection).list_words_since(since, now - RECENT), key=lambda seen: seen.id):
            text = hash((seen.summary, seen.words))
            if not seen.is_suggested:
                self._forget(seen.id)
            elif self._texts.get(seen.id) != text:
                if seen.id not in self._texts:
                    new.append(seen)
                self._index_of(seen.phase_id).add(seen.id, seen.summary, seen.words)
                self._phase[seen.id], self._texts[seen.id] = seen.phase_id, text
            resolved = self._resolved.setdefault(seen.phase_id, set())
            (resolved.add if seen.is_suggested and seen.is_resolved else resolved.discard)(seen.id)
        for seen in new[-MAX_SCORES:]:
            self._learn(seen)
        self._read = now

    def _learn(self, seen: TicketWords) -> None:
        """Let the threshold of the phase follow from a new ticket."""
        index = self._index_of(seen.phase_id)
        best = index.find(seen.summary, limit=1, but=seen.id)  # suggestions are made while the summary is written
        index.learn(seen.id, best[0].score if best else 0.0)

    def _forget(self, ticket_id: int) -> None:
        if self._texts.pop(ticket_id, None) is not None:
            self._index_of(self._phase.pop(ticket_id)).remove(ticket_id)

    def _index_of(self, phase_id: int) -> SimilarityIndex:
        if phase_id not in self._indexes:
            self._indexes[phase_id] = self._new_index(NO_SYNONYMS)
        return self._indexes[phase_id]
