"""The affected people of tickets, and their occurrences."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.tickets.tables import affected, occurrences

# Frequent statements are built once, since building takes longer than running them.
NEW = {
    name: new(affected).on_conflict_do_nothing().returning(affected.c.person)
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
HAPPENED = insert(occurrences)
OFTEN = select(func.count()).where(
    occurrences.c.ticket_id == bindparam("ticket"), occurrences.c.at >= bindparam("start")
)


class AffectedPeople:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_person(self, ticket_id: int, person: str, way: str, at: datetime, *, via: int | None = None) -> bool:
        """Insert an affected person; return False if they were known."""
        row = {"ticket_id": ticket_id, "person": person, "way": way, "at": at, "via": via}
        return self._connection.scalar(NEW[self._connection.dialect.name], row) is not None

    def insert_occurrence(self, ticket_id: int, source: str, at: datetime, *, via: int | None = None) -> None:
        row = {"ticket_id": ticket_id, "source": source, "at": at, "via": via}
        self._connection.execute(HAPPENED, row)

    def list_people(self, ticket_id: int) -> list[str]:
        """Return the affected people, in the order in which they joined."""
        mine = select(affected.c.person).where(affected.c.ticket_id == ticket_id)
        return list(self._connection.scalars(mine.order_by(affected.c.at, affected.c.person)))

    def count_occurrences(self, ticket_id: int, start: datetime) -> int:
        """Count the occurrences since then."""
        return self._connection.scalar(OFTEN, {"ticket": ticket_id, "start": start}) or 0

    def list_recent_tickets(self, start: datetime, after: int, limit: int) -> list[int]:
        """Return the ids above `after` of tickets with an occurrence since then, in order."""
        mine = select(occurrences.c.ticket_id).where(occurrences.c.at >= start, occurrences.c.ticket_id > after)
        return list(self._connection.scalars(mine.distinct().order_by(occurrences.c.ticket_id).limit(limit)))

    def move_people(self, ticket_id: int, to: int, at: datetime, *, but: Collection[str] = ()) -> list[str]:
        """Move people and occurrences of a merged ticket to its primary; return the people who are new there."""
        people = [person for person in self.list_people(ticket_id) if person not in but]
        new = [person for person in people if self.insert_person(to, person, "duplicate", at, via=ticket_id)]
        self._connection.execute(
            update(occurrences).where(occurrences.c.ticket_id == ticket_id).values(ticket_id=to, via=ticket_id)
        )
        return new

    def move_people_back(self, ticket_id: int, source: int) -> list[str]:
        """Undo a move; return the people who went back."""
        gone = delete(affected).where(affected.c.ticket_id == source, affected.c.via == ticket_id)
        people = list(self._connection.scalars(gone.returning(affected.c.person)))
        mine = update(occurrences).where(occurrences.c.ticket_id == source, occurrences.c.via == ticket_id)
        self._connection.execute(mine.values(ticket_id=ticket_id, via=None))
        return people
