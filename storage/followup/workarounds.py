"""Workarounds that people were told of, and when they no longer needed them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, insert, or_, select, update

from domain.followup.workarounds import Workaround, WorkaroundCounts
from storage.database.columns import LARGEST_ID
from storage.database.pending import insert_later
from storage.followup.tables import workarounds
from storage.tickets.tables import tickets

NEW = insert(workarounds)
OPEN = workarounds.c.ended_at.is_(None)
OF_TICKET = select(workarounds).where(workarounds.c.ticket_id == bindparam("ticket"), OPEN).order_by(workarounds.c.id)


class Workarounds:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_workaround(
        self, phase_id: int, ticket_id: int, readers: Sequence[str], given_at: datetime, until: date
    ) -> None:
        row = {"phase_id": phase_id, "ticket_id": ticket_id, "readers": [*readers], "told": len(readers),
               "given_at": given_at, "until": until, "ended_at": None}  # fmt: skip
        insert_later(self._connection, NEW, row)

    def find_workaround(self, id_: int) -> Workaround | None:
        """Return a workaround that people still use."""
        if not 0 < id_ < LARGEST_ID:
            return None
        row = self._connection.execute(select(workarounds).where(workarounds.c.id == id_, OPEN)).first()
        return _read(row) if row else None

    def list_of_ticket(self, ticket_id: int) -> list[Workaround]:
        """Return the workarounds of a ticket that people still use, oldest first."""
        return [_read(row) for row in self._connection.execute(OF_TICKET, {"ticket": ticket_id})]

    def list_of_phase(self, phase_id: int, limit: int) -> list[Workaround]:
        """Return the workarounds of public tickets that people still use, those that are due first before others."""
        mine = _public(phase_id, OPEN).order_by(workarounds.c.until, workarounds.c.id).limit(limit)
        return [_read(row) for row in self._connection.execute(mine)]

    def update_until(self, id_: int, until: date) -> None:
        self._connection.execute(update(workarounds).where(workarounds.c.id == id_).values(until=until))

    def end(self, ids: Sequence[int], at: datetime) -> None:
        """Note that people no longer need these workarounds."""
        self._connection.execute(update(workarounds).where(workarounds.c.id.in_(ids), OPEN).values(ended_at=at))

    def move(self, ids: Sequence[int], to_ticket: int) -> None:
        """Count the workarounds of a merged ticket with the one it was merged into."""
        self._connection.execute(update(workarounds).where(workarounds.c.id.in_(ids)).values(ticket_id=to_ticket))

    def count(self, phase_id: int, today: date, days: Sequence[tuple[date, datetime]]) -> WorkaroundCounts:
        """Count the public workarounds now, and at the end of each of these days."""
        since = min((ends for _, ends in days), default=None)
        alive = OPEN if since is None else or_(OPEN, workarounds.c.ended_at > since)
        used = [
            _sum(and_(workarounds.c.given_at <= ends, or_(OPEN, workarounds.c.ended_at > ends))) for _, ends in days
        ]
        late = _sum(and_(OPEN, workarounds.c.until < today))
        told = func.coalesce(func.sum(case((OPEN, workarounds.c.told), else_=0)), 0)
        asked = _public(phase_id, alive).with_only_columns(_sum(OPEN), late, told, *used)
        in_use, overdue, people, *by_day = self._connection.execute(asked).one()
        found = [(on, count) for (on, _), count in zip(days, by_day, strict=True)]
        return WorkaroundCounts(in_use=in_use, late=overdue, told=people, by_day=found)


def _public(phase_id: int, *which: Any) -> Any:
    joined = workarounds.join(tickets, tickets.c.id == workarounds.c.ticket_id)
    mine = (workarounds.c.phase_id == phase_id, tickets.c.private.is_(False))
    return select(workarounds).select_from(joined).where(*mine, *which)


def _sum(holds: Any) -> Any:
    return func.coalesce(func.sum(case((holds, 1), else_=0)), 0)


def _read(row: Any) -> Workaround:
    return Workaround(
        id=row.id, ticket_id=row.ticket_id, readers=tuple(row.readers), given_at=row.given_at, until=row.until
    )
