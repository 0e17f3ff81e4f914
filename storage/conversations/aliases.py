"""Who is behind an alias, sealed: only with the secret, which is not in the database, it can be opened."""

from sqlalchemy import Connection, delete, insert, select

from storage.operations.tables import lanes
from storage.pulse.tables import seals


class Seals:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, alias: str, phase_id: int, sealed: str) -> None:
        self._connection.execute(insert(seals), {"alias": alias, "phase_id": phase_id, "sealed": sealed})

    def get(self, alias: str) -> str | None:
        found: str | None = self._connection.scalar(select(seals.c.sealed).where(seals.c.alias == alias))
        return found

    def anchored(self, thread_ts: str) -> list[tuple[str, str]]:
        """(alias, sealed) of everybody in whose direct messages a thread begins then."""
        mine = select(seals).join(lanes, lanes.c.channel == seals.c.alias).where(lanes.c.thread_ts == thread_ts)
        return [(row.alias, row.sealed) for row in self._connection.execute(mine)]

    def every(self) -> list[tuple[str, str]]:
        return [(row.alias, row.sealed) for row in self._connection.execute(select(seals))]

    def forget_phase(self, phase_id: int) -> None:
        """From then on nobody can find out who it was."""
        self._connection.execute(delete(seals).where(seals.c.phase_id == phase_id))

    def forget(self, alias: str) -> None:
        self._connection.execute(delete(seals).where(seals.c.alias == alias))
