"""The affected people of tickets, and their occurrences."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.pending import about_held, insert_later, pending_of
from storage.tickets.tables import affected, occurrences

# Frequent statements are built once, since building takes longer than running them.
NEW = {
    name: new(affected).on_conflict_do_nothing().returning(affected.c.person)
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
JOINED, HAPPENED = insert(affected), insert(occurrences)
OFTEN = select(func.count()).where(
    occurrences.c.ticket_id == bindparam("ticket"), occurrences.c.at >= bindparam("start")
)


PEOPLE = (
    select(affected.c.ticket_id, affected.c.person, affected.c.at)
    .where(affected.c.ticket_id.in_(bindparam("tickets", expanding=True)))
)  # fmt: skip
OFTEN_EACH = (
    select(occurrences.c.ticket_id, func.count())
    .where(
        occurrences.c.ticket_id.in_(bindparam("tickets", expanding=True)), occurrences.c.at >= bindparam("start")
    )
    .group_by(occurrences.c.ticket_id)
)  # fmt: skip


class AffectedPeople:
    """Affected people and occurrences; those of tickets that this transaction holds are read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._people: dict[int, dict[str, datetime]] = {}  # of tickets that this transaction holds, when they joined
        self._often: dict[datetime, dict[int, int]] = {}  # how often those happened since a moment
        self._happened: dict[int, list[datetime]] = {}  # what was inserted here
        self._have_moved = False  # occurrences to another ticket

    def unread(self, ticket_id: int, start: datetime) -> list[int]:
        """Return the tickets that this transaction holds, with that one, and about which nothing was read yet.

        They are taken for read: `know_person` and `know_often` are to be called for what is stored about them.
        """
        state = pending_of(self._connection)
        if state is None or ticket_id not in state.held or ticket_id in self._people:
            return []
        fresh = state.held - self._people.keys()
        self._people |= {held: {} for held in fresh}
        self._often.setdefault(start, {}).update(dict.fromkeys(fresh, 0))
        return sorted(fresh - state.made)

    def know_person(self, ticket_id: int, person: str, at: datetime) -> None:
        """Remember that a person is affected, as it is stored."""
        self._people[ticket_id][person] = at

    def know_often(self, ticket_id: int, start: datetime, often: int) -> None:
        """Remember how often it happened since then."""
        self._often[start][ticket_id] = often

    def _people_of(self, ticket_id: int) -> dict[str, datetime] | None:
        return about_held(self._connection, ticket_id, self._people, dict, self._read_people)

    def _read_people(self, ticket_ids: Sequence[int]) -> None:
        for row in self._connection.execute(PEOPLE, {"tickets": list(ticket_ids)}):
            self._people[row.ticket_id][row.person] = row.at

    def _read_often(self, start: datetime, ticket_ids: Sequence[int]) -> None:
        for ticket_id, count in self._connection.execute(OFTEN_EACH, {"tickets": list(ticket_ids), "start": start}):
            self._often[start][ticket_id] = count

    def insert_person(self, ticket_id: int, person: str, way: str, at: datetime, *, via: int | None = None) -> bool:
        """Insert an affected person; return False if they were known."""
        row = {"ticket_id": ticket_id, "person": person, "way": way, "at": at, "via": via}
        people = self._people_of(ticket_id)
        if people is None:
            return self._connection.scalar(NEW[self._connection.dialect.name], row) is not None
        if person in people:
            return False
        people[person] = at
        insert_later(self._connection, JOINED, row)
        return True

    def insert_occurrence(self, ticket_id: int, source: str, at: datetime, *, via: int | None = None) -> None:
        row = {"ticket_id": ticket_id, "source": source, "at": at, "via": via}
        insert_later(self._connection, HAPPENED, row)
        self._happened.setdefault(ticket_id, []).append(at)
        for start, counts in self._often.items():
            if ticket_id in counts and at >= start:
                counts[ticket_id] += 1

    def insert_occurrences(self, ticket_id: int, source: str, at: datetime, count: int) -> None:
        """Insert so many occurrences at the same moment."""
        rows = [{"ticket_id": ticket_id, "source": source, "at": at, "via": None}] * count
        if rows:
            self._connection.execute(HAPPENED, rows)

    def list_people(self, ticket_id: int) -> list[str]:
        """Return the affected people, in the order in which they joined."""
        people = self._people_of(ticket_id)
        if people is not None:
            return [person for person, _ in sorted(people.items(), key=lambda one: (one[1], one[0]))]
        mine = select(affected.c.person).where(affected.c.ticket_id == ticket_id)
        return list(self._connection.scalars(mine.order_by(affected.c.at, affected.c.person)))

    def count_occurrences(self, ticket_id: int, start: datetime) -> int:
        """Count the occurrences since then."""
        if (state := pending_of(self._connection)) and ticket_id in state.made and not self._have_moved:
            return sum(at >= start for at in self._happened.get(ticket_id, ()))
        often = about_held(
            self._connection, ticket_id, self._often.setdefault(start, {}), int, partial(self._read_often, start)
        )
        if often is not None:
            return often
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
        self._often.clear()
        self._have_moved = True
        return new

    def move_people_back(self, ticket_id: int, source: int) -> list[str]:
        """Undo a move; return the people who went back."""
        gone = delete(affected).where(affected.c.ticket_id == source, affected.c.via == ticket_id)
        people = list(self._connection.scalars(gone.returning(affected.c.person)))
        mine = update(occurrences).where(occurrences.c.ticket_id == source, occurrences.c.via == ticket_id)
        self._connection.execute(mine.values(ticket_id=ticket_id, via=None))
        self._people.pop(source, None)
        self._often.clear()
        self._have_moved = True
        return people
