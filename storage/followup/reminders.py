"""Nudges: who is to be asked for something they owe, held until they may be disturbed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from storage.followup.tables import nudges


@dataclass(frozen=True, slots=True)
class Nudge:
    """`kind` is what they owe, `about` tells apart what of that."""

    id: int
    ticket_id: int
    person: str
    kind: str
    about: str
    next_at: datetime


class Nudges:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, ticket_id: int, person: str, kind: str, about: str, at: datetime) -> None:
        """Instead of one of that kind that waits still."""
        mine = (nudges.c.ticket_id == ticket_id, nudges.c.person == person, nudges.c.kind == kind)
        self._connection.execute(delete(nudges).where(*mine))
        row = {"ticket_id": ticket_id, "person": person, "kind": kind, "about": about, "next_at": at}
        self._connection.execute(insert(nudges).values(row))

    def due(self, now: datetime, limit: int) -> Sequence[Nudge]:
        columns: Sequence[Any] = [nudges.c[name] for name in Nudge.__dataclass_fields__]
        mine = select(*columns).where(nudges.c.next_at <= now).order_by(nudges.c.next_at, nudges.c.id)
        return [Nudge(*row) for row in self._connection.execute(mine.limit(limit))]

    def put_off(self, nudge: Nudge, until: datetime) -> None:
        self._connection.execute(update(nudges).where(nudges.c.id == nudge.id).values(next_at=until))

    def take(self, nudge: Nudge) -> bool:
        """It is done; False when another process was faster."""
        return self._connection.execute(delete(nudges).where(nudges.c.id == nudge.id)).rowcount > 0
