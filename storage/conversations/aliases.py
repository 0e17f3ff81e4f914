"""Who is behind an alias, sealed: only with the secret, which is not in the database, it can be opened."""

from sqlalchemy import Connection, delete, insert, select

from storage.conversations.tables import sealed_identities
from storage.delivery.tables import lanes


class SealedIdentities:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, alias: str, phase_id: int, sealed: str) -> None:
        self._connection.execute(insert(sealed_identities), {"alias": alias, "phase_id": phase_id, "sealed": sealed})

    def get(self, alias: str) -> str | None:
        found: str | None = self._connection.scalar(
            select(sealed_identities.c.sealed).where(sealed_identities.c.alias == alias)
        )
        return found

    def anchored(self, thread_ts: str) -> list[tuple[str, str]]:
        """(alias, sealed) of everybody in whose direct messages a thread begins then."""
        mine = (
            select(sealed_identities)
            .join(lanes, lanes.c.channel == sealed_identities.c.alias)
            .where(lanes.c.thread_ts == thread_ts)
        )
        return [(row.alias, row.sealed) for row in self._connection.execute(mine)]

    def every(self) -> list[tuple[str, str]]:
        return [(row.alias, row.sealed) for row in self._connection.execute(select(sealed_identities))]

    def forget_phase(self, phase_id: int) -> None:
        """From then on nobody can find out who it was."""
        self._connection.execute(delete(sealed_identities).where(sealed_identities.c.phase_id == phase_id))

    def forget(self, alias: str) -> None:
        self._connection.execute(delete(sealed_identities).where(sealed_identities.c.alias == alias))
