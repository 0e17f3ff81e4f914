"""Saved lists: the named filters of each person."""

from sqlalchemy import Connection, delete, insert, select

from storage.tickets.tables import saved_lists


class SavedLists:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert_list(self, person: str, name: str, asked: str) -> None:
        """Save a list, replacing one of that name."""
        self.delete_list(person, name)
        self._connection.execute(insert(saved_lists).values(person=person, name=name, filter=asked))

    def delete_list(self, person: str, name: str) -> bool:
        mine = delete(saved_lists).where(saved_lists.c.person == person, saved_lists.c.name == name)
        return self._connection.execute(mine).rowcount == 1

    def get_lists(self, person: str) -> dict[str, str]:
        """Return a person's filters by name, sorted by name."""
        mine = (
            select(saved_lists.c.name, saved_lists.c.filter)
            .where(saved_lists.c.person == person)
            .order_by(saved_lists.c.name)
        )
        return {row.name: row.filter for row in self._connection.execute(mine)}
