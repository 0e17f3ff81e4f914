"""Reminders of pending replies, held until the person is available."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from storage.followup.tables import reminders


@dataclass(frozen=True, slots=True)
class Reminder:
    """`kind` is the pending reply, `about` identifies which one."""

    id: int
    ticket_id: int
    person: str
    kind: str
    about: str
    next_at: datetime


class Reminders:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_reminder(self, ticket_id: int, person: str, kind: str, about: str, at: datetime) -> None:
        """Insert a reminder, replacing a waiting one of that kind."""
        mine = (reminders.c.ticket_id == ticket_id, reminders.c.person == person, reminders.c.kind == kind)
        self._connection.execute(delete(reminders).where(*mine))
        row = {"ticket_id": ticket_id, "person": person, "kind": kind, "about": about, "next_at": at}
        self._connection.execute(insert(reminders).values(row))

    def list_due(self, now: datetime, limit: int) -> Sequence[Reminder]:
        columns: Sequence[Any] = [reminders.c[name] for name in Reminder.__dataclass_fields__]
        mine = select(*columns).where(reminders.c.next_at <= now).order_by(reminders.c.next_at, reminders.c.id)
        return [Reminder(*row) for row in self._connection.execute(mine.limit(limit))]

    def defer(self, reminder: Reminder, until: datetime) -> None:
        self._connection.execute(update(reminders).where(reminders.c.id == reminder.id).values(next_at=until))

    def delete_reminder(self, reminder: Reminder) -> bool:
        """Delete it before sending; False when another process was faster."""
        return self._connection.execute(delete(reminders).where(reminders.c.id == reminder.id)).rowcount > 0
