"""Restored backups: counters move past what was handed out since, and old messages are recognised.

A backup does not know what happened after it. Without this, new tickets would get the numbers and ids of tickets that
people still see in Slack, and a new message would be taken for one that has arrived already.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text, update

from storage.delivery.tables import messages
from storage.operations.tables import restores
from storage.phases.tables import phases
from storage.tickets.tables import events, tickets

ID_GAP = 1_000_000  # ids are never shown
NUMBER_STEP = 1000  # numbers of tickets are, so the first one after a restore is easy to recognise
MIN_NUMBER_GAP = 500
COUNTED = (tickets, messages)  # whose ids Slack keeps, in buttons and in the metadata of messages


class Restores:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_all(self) -> Sequence[tuple[datetime, datetime]]:
        """Return of each restore until when the backup knew everything, and when it was restored."""
        return [(row.known_until, row.restored_at) for row in self._connection.execute(select(restores))]

    def insert(self, now: datetime, seen: int = 0) -> dict[str, int]:
        """Record that this database was just restored, and move every counter past what may have been handed out.

        `seen` is the highest id of a message in Slack. Return the number of the next ticket by the key of its phase.
        """
        known = [self._connection.scalar(select(func.max(column))) for column in (messages.c.created_at, events.c.at)]
        values = {"known_until": max([one for one in known if one], default=now), "restored_at": now}
        self._connection.execute(insert(restores), values)
        following: dict[str, int] = {}
        count = select(func.count()).where(tickets.c.phase_id == phases.c.id).scalar_subquery()
        found = select(phases.c.id, phases.c.key, phases.c.last_number, count.label("tickets"))
        for row in self._connection.execute(found).all():
            last = number_after_restore(row.last_number, row.tickets)
            self._connection.execute(update(phases).where(phases.c.id == row.id).values(last_number=last))
            following[row.key] = last + 1
        for table in COUNTED:
            self._move(table.name, seen)
        return following

    def last_message_id(self) -> int:
        """Return the highest id that a message was given, also of one that has been deleted since."""
        return self._last(messages.name)

    def _last(self, table: str) -> int:
        if self._connection.dialect.name == "sqlite":
            found = self._connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table})
        else:
            found = self._connection.scalar(text(f"SELECT last_value FROM {table}_id_seq"))  # noqa: S608 - our table
        return int(found or 0)

    def _move(self, table: str, seen: int) -> None:
        beyond = {"name": table, "beyond": max(self._last(table), seen) + ID_GAP}
        if self._connection.dialect.name != "sqlite":
            self._connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :beyond)"), beyond)
            return
        moved = text("UPDATE sqlite_sequence SET seq = :beyond WHERE name = :name")
        if not self._connection.execute(moved, beyond).rowcount:
            self._connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :beyond)"), beyond)


def number_after_restore(last: int, count: int) -> int:
    """Return the last number to count on from: a whole thousand that the numbers of today can't have reached.

    `count` is how many tickets the backup has; after an earlier restore their numbers are far higher.
    """
    return -(-(last + max(MIN_NUMBER_GAP, count)) // NUMBER_STEP) * NUMBER_STEP
