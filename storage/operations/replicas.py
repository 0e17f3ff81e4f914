"""The processes that share a database, and whether each is alive."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, DateTime, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from domain.operations.health import Replica
from storage.delivery.tables import replicas

LEASE = timedelta(seconds=20)  # how long a silent process keeps its messages


class Replicas:
    """Leases run by the database's clock: the processes' own may differ, and the sandbox moves theirs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def join(self, replica: Replica) -> None:
        """Register this process; on SQLite there is only one, so the others are removed."""
        if not self._shared:
            self._connection.execute(delete(replicas))
        values = {"id": replica.id, "name": replica.name, "version": replica.version,
                  "started_at": replica.started_at, "alive_until": self._now(LEASE)}  # fmt: skip
        self._connection.execute(insert(replicas).values(values))

    def beat(self, replica: Replica) -> None:
        """Extend the lease, even after it had expired."""
        mine = update(replicas).where(replicas.c.id == replica.id).values(alive_until=self._now(LEASE))
        if not self._connection.execute(mine).rowcount:
            self.join(replica)

    def leave(self, replica: Replica) -> None:
        self._connection.execute(delete(replicas).where(replicas.c.id == replica.id))

    def list_alive(self) -> list[Replica]:
        rows = self._connection.execute(select(replicas).where(self.living).order_by(replicas.c.started_at))
        return [Replica(id=r.id, name=r.name, version=r.version, started_at=r.started_at) for r in rows]

    def delete_silent(self) -> int:
        """Delete processes whose lease has expired; return how many."""
        return self._connection.execute(delete(replicas).where(~self.living)).rowcount

    @property
    def living(self) -> ColumnElement[bool]:
        """Return the processes that are alive; on SQLite the file lock ensures there is only one."""
        return replicas.c.alive_until > self._now(timedelta()) if self._shared else replicas.c.id.is_not(None)

    @property
    def _shared(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def _now(self, ahead: timedelta) -> ColumnElement[datetime] | datetime:
        if not self._shared:
            return datetime.now(UTC).replace(tzinfo=None) + ahead
        return func.timezone("UTC", func.clock_timestamp(), type_=DateTime()) + ahead
