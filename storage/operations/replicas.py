"""The processes at work on one database, told apart by who still says that they live."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, DateTime, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from domain.operations.health import Replica
from storage.delivery.tables import replicas

LEASE = timedelta(seconds=20)  # how long a process that falls silent keeps what it holds


class Replicas:
    """Leases run by the database's clock: the processes' own may differ, and the sandbox moves theirs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def join(self, replica: Replica) -> None:
        """Be one of them. On SQLite there is only one, so whoever else is listed is gone."""
        if not self._shared:
            self._connection.execute(delete(replicas))
        values = {"id": replica.id, "name": replica.name, "version": replica.version,
                  "started_at": replica.started_at, "alive_until": self._now(LEASE)}  # fmt: skip
        self._connection.execute(insert(replicas).values(values))

    def beat(self, replica: Replica) -> None:
        """Still here; also after having been taken for dead."""
        mine = update(replicas).where(replicas.c.id == replica.id).values(alive_until=self._now(LEASE))
        if not self._connection.execute(mine).rowcount:
            self.join(replica)

    def leave(self, replica: Replica) -> None:
        self._connection.execute(delete(replicas).where(replicas.c.id == replica.id))

    def list_alive(self) -> list[Replica]:
        rows = self._connection.execute(select(replicas).where(self.living).order_by(replicas.c.started_at))
        return [Replica(id=r.id, name=r.name, version=r.version, started_at=r.started_at) for r in rows]

    def delete_silent(self) -> int:
        """Forget the ones that fell silent."""
        return self._connection.execute(delete(replicas).where(~self.living)).rowcount

    @property
    def living(self) -> ColumnElement[bool]:
        """On SQLite the file's lock says who lives."""
        return replicas.c.alive_until > self._now(timedelta()) if self._shared else replicas.c.id.is_not(None)

    @property
    def _shared(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def _now(self, ahead: timedelta) -> ColumnElement[datetime] | datetime:
        if not self._shared:
            return datetime.now(UTC).replace(tzinfo=None) + ahead
        return func.timezone("UTC", func.clock_timestamp(), type_=DateTime()) + ahead
