"""Sealed identities: who is behind an alias, readable only with the secret, which is not in the database."""

from sqlalchemy import Connection, delete, insert, select, union_all

from storage.conversations.tables import sealed_identities
from storage.delivery.tables import IS_ARRIVING, lanes


class SealedIdentities:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_alias(self, alias: str, phase_id: int, sealed: str) -> None:
        self._connection.execute(insert(sealed_identities), {"alias": alias, "phase_id": phase_id, "sealed": sealed})

    def find_identity(self, alias: str) -> str | None:
        found: str | None = self._connection.scalar(
            select(sealed_identities.c.sealed).where(sealed_identities.c.alias == alias)
        )
        return found

    def list_by_thread(self, thread_ts: str) -> list[tuple[str, str, bool]]:
        """Return (alias, sealed identity, True) of the people whose direct messages have this thread.

        With False come those whose first message is on its way: the thread may be theirs, too.
        """
        here = select(sealed_identities.c.alias, sealed_identities.c.sealed, lanes.c.thread_ts).join(
            lanes, lanes.c.channel == sealed_identities.c.alias
        )
        either = union_all(here.where(lanes.c.thread_ts == thread_ts), here.where(IS_ARRIVING))
        return [(row.alias, row.sealed, row.thread_ts is not None) for row in self._connection.execute(either)]

    def list_aliases(self) -> list[tuple[str, str]]:
        return [(row.alias, row.sealed) for row in self._connection.execute(select(sealed_identities))]

    def delete_of_phase(self, phase_id: int) -> None:
        """Delete the identities of a phase, so that its reporters stay anonymous for good."""
        self._connection.execute(delete(sealed_identities).where(sealed_identities.c.phase_id == phase_id))

    def delete_alias(self, alias: str) -> None:
        self._connection.execute(delete(sealed_identities).where(sealed_identities.c.alias == alias))
