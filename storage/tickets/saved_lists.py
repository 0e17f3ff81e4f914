"""Saved lists: a name and the filter behind it, each person's own."""

from sqlalchemy import Connection, delete, insert, select

from storage.tickets.tables import views


class Views:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, person: str, name: str, asked: str) -> None:
        """Keep it, in the place of one of that name."""
        self.drop(person, name)
        self._connection.execute(insert(views).values(person=person, name=name, filter=asked))

    def drop(self, person: str, name: str) -> bool:
        mine = delete(views).where(views.c.person == person, views.c.name == name)
        return self._connection.execute(mine).rowcount == 1

    def of(self, person: str) -> dict[str, str]:
        """Filters by name, in the order of their names."""
        mine = select(views.c.name, views.c.filter).where(views.c.person == person).order_by(views.c.name)
        return {row.name: row.filter for row in self._connection.execute(mine)}
