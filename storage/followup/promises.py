"""Promises of tickets, as their logs have them, and how they went in a span of time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select

from domain.followup.promises import KeptPromises, Promise, PromiseState
from domain.tickets.ticket import Ticket
from storage.database.columns import Utc
from storage.followup.tables import promises as p

SETTLED = (PromiseState.KEPT, PromiseState.RENEWED, PromiseState.LATE, PromiseState.BROKEN)
# Statements are made once: to make them takes longer than to answer them.
PUBLIC = and_(p.c.phase_id == bindparam("phase"), p.c.private.is_(False))
SINCE, UNTIL = bindparam("since", type_=Utc()), bindparam("until", type_=Utc())
DECIDED_AT = func.coalesce(p.c.settled_at, p.c.due)
COUNT_BY_STATE = (
    select(p.c.state, func.count(), func.sum(p.c.slip))
    .where(PUBLIC, DECIDED_AT >= SINCE, DECIDED_AT < UNTIL)
    .group_by(p.c.state)
)
OPEN = and_(PUBLIC, p.c.state == PromiseState.OPEN.value, p.c.due >= SINCE, p.c.due < UNTIL)
DUE_ROWS = select(p.c.ticket_id, p.c.kind, p.c.maker, p.c.due).where(OPEN).order_by(p.c.due)


class Promises:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace_promises(self, ticket: Ticket, made: Sequence[Promise]) -> None:
        """Instead of what was known of that ticket's."""
        self._connection.execute(delete(p).where(p.c.ticket_id == ticket.id))
        rows = [{"ticket_id": ticket.id, "number": number, "phase_id": ticket.phase_id, "private": ticket.private,
                 "kind": one.kind, "maker": one.maker, "made_at": one.made_at, "due": one.due, "state": one.state,
                 "settled_at": one.settled_at, "slip": one.slip} for number, one in enumerate(made)]  # fmt: skip
        self._connection.execute(insert(p), rows)

    def count_kept(self, phase_id: int, since: datetime, until: datetime) -> KeptPromises:
        """Of the public ones that were due or settled in between."""
        given = {"phase": phase_id, "since": since, "until": until}
        rows = [
            (PromiseState(state), count, slip or 0)
            for state, count, slip in self._connection.execute(COUNT_BY_STATE, given)
        ]
        return KeptPromises.of(
            {state: count for state, count, _ in rows if state in SETTLED}, sum(slip for *_, slip in rows)
        )

    def list_due(self, phase_id: int, since: datetime, until: datetime) -> Sequence[Any]:
        """Open ones that are due in between, first things first: ticket_id, kind, maker, due. Public ones only."""
        return self._connection.execute(DUE_ROWS, {"phase": phase_id, "since": since, "until": until}).all()

    def list_broken(self, phase_id: int, since: datetime) -> Sequence[int]:
        """The tickets of public ones that were broken since then, in the order in which they were."""
        mine = (p.c.phase_id == phase_id, p.c.private.is_(False), p.c.state == PromiseState.BROKEN, p.c.due >= since)
        return list(self._connection.scalars(select(p.c.ticket_id).where(*mine).order_by(p.c.due)))
