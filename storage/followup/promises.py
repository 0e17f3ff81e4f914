"""Promises of tickets, as calculated from their events, and how well they were kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.followup.promises import KeptPromises, Promise, PromiseState
from domain.tickets.ticket import Ticket
from storage.database.columns import Utc
from storage.database.pending import insert_later
from storage.followup.tables import promises

SETTLED = (PromiseState.KEPT, PromiseState.RENEWED, PromiseState.LATE, PromiseState.BROKEN)
# Statements are built once, since building takes longer than running them.
PUBLIC = and_(promises.c.phase_id == bindparam("phase"), promises.c.private.is_(False))
SINCE, UNTIL = bindparam("since", type_=Utc()), bindparam("until", type_=Utc())
DECIDED_AT = func.coalesce(promises.c.settled_at, promises.c.due)
COUNT_BY_STATE = (
    select(promises.c.state, func.count(), func.sum(promises.c.slip))
    .where(PUBLIC, DECIDED_AT >= SINCE, DECIDED_AT < UNTIL)
    .group_by(promises.c.state)
)
OPEN = and_(PUBLIC, promises.c.state == PromiseState.OPEN.value, promises.c.due >= SINCE, promises.c.due < UNTIL)
DUE_ROWS = (
    select(promises.c.ticket_id, promises.c.kind, promises.c.maker, promises.c.due).where(OPEN).order_by(promises.c.due)
)


PUT = {
    name: made.on_conflict_do_update(
        index_elements=["ticket_id", "number"],
        set_={column.name: made.excluded[column.name] for column in promises.c if not column.primary_key},
    )
    for name, made in (("postgresql", postgresql.insert(promises)), ("sqlite", sqlite.insert(promises)))
}


class Promises:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert_promises(self, ticket: Ticket, made: Sequence[Promise]) -> None:
        """Save promises of a ticket, which are numbered in the order of its log, so that none goes away."""
        rows = [{"ticket_id": ticket.id, "number": one.number, "phase_id": ticket.phase_id, "private": ticket.private,
                 "kind": one.kind, "maker": one.maker, "made_at": one.made_at, "due": one.due, "state": one.state,
                 "settled_at": one.settled_at, "slip": one.slip} for one in made]  # fmt: skip
        put = PUT[self._connection.dialect.name]
        for row in rows:
            insert_later(self._connection, put, row, key=(row["ticket_id"], row["number"]))

    def count_kept(self, phase_id: int, since: datetime, until: datetime) -> KeptPromises:
        """Count how the public promises that were due or settled in that span went."""
        given = {"phase": phase_id, "since": since, "until": until}
        rows = [
            (PromiseState(state), count, slip or 0)
            for state, count, slip in self._connection.execute(COUNT_BY_STATE, given)
        ]
        return KeptPromises.of(
            {state: count for state, count, _ in rows if state in SETTLED}, sum(slip for *_, slip in rows)
        )

    def list_due(self, phase_id: int, since: datetime, until: datetime) -> Sequence[Any]:
        """Return (ticket_id, kind, maker, due) of public open promises due in that span, first due first."""
        return self._connection.execute(DUE_ROWS, {"phase": phase_id, "since": since, "until": until}).all()

    def list_broken(self, phase_id: int, since: datetime) -> Sequence[int]:
        """Return the ids of tickets whose public promises were broken since then, oldest first."""
        broken = promises.c.state == PromiseState.BROKEN.value
        mine = (promises.c.phase_id == phase_id, promises.c.private.is_(False), broken, promises.c.due >= since)
        return list(self._connection.scalars(select(promises.c.ticket_id).where(*mine).order_by(promises.c.due)))
