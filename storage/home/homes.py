"""People who opened the App Home lately."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.home.tables import home_viewers

SEEN_SINCE = select(home_viewers.c.person).where(home_viewers.c.seen_at >= bindparam("since"))


class HomeViewers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert_viewer(self, person: str, at: datetime) -> None:
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(home_viewers).values(person=person, seen_at=at)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["person"], set_={"seen_at": at}))

    def list_seen_since(self, since: datetime) -> set[str]:
        return set(self._connection.scalars(SEEN_SINCE, {"since": since}))
