"""Who has opened the App Home lately."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.operations.tables import homes

SEEN_SINCE = select(homes.c.person).where(homes.c.seen_at >= bindparam("since"))


class Homes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def opened(self, person: str, at: datetime) -> None:
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(homes).values(person=person, seen_at=at)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["person"], set_={"seen_at": at}))

    def seen_since(self, since: datetime) -> set[str]:
        return set(self._connection.scalars(SEEN_SINCE, {"since": since}))
