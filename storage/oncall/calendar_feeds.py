"""Calendar feeds, by the hash of their secret address."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select

from storage.oncall.tables import calendar_feeds


class CalendarFeeds:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, token: str, person: str, phase_id: int, at: datetime) -> None:
        """Store a new address for a person; the previous one stops working."""
        self._connection.execute(
            delete(calendar_feeds).where(calendar_feeds.c.person == person, calendar_feeds.c.phase_id == phase_id)
        )
        values = {"token": _hash(token), "person": person, "phase_id": phase_id, "at": at}
        self._connection.execute(insert(calendar_feeds), values)

    def find_by_token(self, token: str) -> tuple[str, int] | None:
        """Return (person, phase id) of an address; None when it is unknown."""
        row = self._connection.execute(select(calendar_feeds).where(calendar_feeds.c.token == _hash(token))).first()
        return (row.person, row.phase_id) if row else None


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
