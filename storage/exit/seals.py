"""Seals of the event log of a phase: each continues the chain with the events since the last one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.exit.seal import START, Seal, event_entry, link
from domain.tickets.event import Event, EventKind
from storage.exit.tables import exit_seals
from storage.phases.tables import phases
from storage.tickets.tables import events, tickets

BATCH = 2000  # rows that are read at once


class Seals:
    """The seals of phases, and the sealed events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_newest(self, phase_id: int) -> Seal | None:
        """Return the newest seal of a phase; None before the first."""
        mine = select(exit_seals).where(exit_seals.c.phase_id == phase_id).order_by(exit_seals.c.number.desc())
        row = self._connection.execute(mine.limit(1)).one_or_none()
        return Seal(row.number, row.events, row.hash, row.at) if row else None

    def list_all(self, phase_id: int) -> list[Seal]:
        """Return the seals of a phase, oldest first."""
        mine = select(exit_seals).where(exit_seals.c.phase_id == phase_id).order_by(exit_seals.c.number)
        return [Seal(row.number, row.events, row.hash, row.at) for row in self._connection.execute(mine)]

    def insert_next(self, phase_id: int, at: datetime) -> Seal:
        """Seal the events that are not sealed yet, and return the seal; the last one where there are none.

        An event is sealed when it is seen, since ids are not always committed in their order.
        """
        self._connection.execute(select(phases.c.id).where(phases.c.id == phase_id).with_for_update(key_share=True))
        last = self.find_newest(phase_id) or Seal(0, 0, START, at)
        number = last.number + 1
        numbers = select(tickets.c.id).where(tickets.c.phase_id == phase_id)
        fresh = update(events).where(events.c.seal.is_(None), events.c.ticket_id.in_(numbers)).values(seal=number)
        rows = self._connection.execute(fresh.returning(events.c.id)).all()
        if not rows:
            return last
        now, count = last.hash, last.events
        for ticket, _, event in self.list_sealed(phase_id, number):
            now, count = link(now, event_entry(ticket, event)), count + 1
        row = {"phase_id": phase_id, "number": number, "events": count, "hash": now, "at": at}
        self._connection.execute(insert(exit_seals), row)
        return Seal(number, count, now, at)

    def list_sealed(self, phase_id: int, since: int = 1) -> Iterator[tuple[int, int, Event]]:
        """Yield (number of the ticket, number of the seal, event) of that seal and later ones, in their order."""
        place: tuple[int, int] = (since, 0)
        while rows := self._after(phase_id, place):
            for row in rows:
                kind = EventKind(row.kind)
                yield row.number, row.seal, Event(kind=kind, actor=row.actor, at=row.at, data=row.data)
            place = (rows[-1].seal, rows[-1].id)

    def _after(self, phase_id: int, place: tuple[int, int]) -> list[Any]:
        seal, last = place
        later = (events.c.seal > seal) | ((events.c.seal == seal) & (events.c.id > last))
        mine = select(tickets.c.number, events).join(tickets, tickets.c.id == events.c.ticket_id)
        mine = mine.where(tickets.c.phase_id == phase_id, later).order_by(events.c.seal, events.c.id)
        return list(self._connection.execute(mine.limit(BATCH)).all())
