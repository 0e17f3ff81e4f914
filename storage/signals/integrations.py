"""Integrations for signals, their secrets, and what was not understood there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from storage.signals.tables import signal_integrations, signal_misses

FIND = select(signal_integrations).where(
    signal_integrations.c.phase_id == bindparam("phase_id"), signal_integrations.c.kind == bindparam("kind")
)
LOCK = FIND.with_for_update()
COUNT = (
    update(signal_integrations)
    .where(signal_integrations.c.id == bindparam("integration_id"))
    .values(
        received=signal_integrations.c.received + 1, last_at=bindparam("at"),
        not_understood=signal_integrations.c.not_understood + bindparam("missed"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalIntegration:
    """An integration of a phase; its secret only as a hash and sealed."""

    id: int
    phase_id: int
    kind: str
    hash: str
    sealed: str
    previous_hash: str
    previous_sealed: str
    previous_until: datetime | None
    made_by: str
    made_at: datetime
    revoked_at: datetime | None
    last_at: datetime | None
    received: int
    not_understood: int

    def hashes(self, now: datetime) -> list[str]:
        """Return the hashes of the secrets that work now."""
        return [] if self.revoked_at else [self.hash, *([self.previous_hash] if self._has_previous(now) else [])]

    def seals(self, now: datetime) -> list[str]:
        """Return the sealed secrets that work now."""
        found = [self.sealed, *([self.previous_sealed] if self._has_previous(now) else [])]
        return [] if self.revoked_at else [one for one in found if one]

    def _has_previous(self, now: datetime) -> bool:
        return self.previous_until is not None and now < self.previous_until


@dataclass(frozen=True, slots=True)
class SignalMiss:
    """A delivery that was not understood, without anything that stood in it."""

    kind: str
    at: datetime
    reason: str
    outline: str


class SignalIntegrations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, phase_id: int, kind: str, *, lock: bool = False) -> SignalIntegration | None:
        """Return the integration of that kind, locked until the commit with `lock`."""
        asked = {"phase_id": phase_id, "kind": kind}
        row = self._connection.execute(LOCK if lock else FIND, asked).mappings().first()
        return SignalIntegration(**row) if row else None

    def list_by_phase(self, phase_id: int) -> list[SignalIntegration]:
        """Return the integrations of a phase, by kind."""
        mine = (
            select(signal_integrations)
            .where(signal_integrations.c.phase_id == phase_id)
            .order_by(signal_integrations.c.kind)
        )
        return [SignalIntegration(**row) for row in self._connection.execute(mine).mappings()]

    def insert(self, phase_id: int, kind: str, values: Mapping[str, Any]) -> None:
        self._connection.execute(insert(signal_integrations), {"phase_id": phase_id, "kind": kind, **values})

    def update(self, integration_id: int, values: Mapping[str, Any]) -> None:
        self._connection.execute(
            update(signal_integrations).where(signal_integrations.c.id == integration_id).values(values)
        )

    def count_delivery(self, integration_id: int, at: datetime, *, missed: bool) -> None:
        """Count a delivery, and whether it was not understood."""
        self._connection.execute(COUNT, {"integration_id": integration_id, "at": at, "missed": int(missed)})

    def insert_miss(self, integration_id: int, at: datetime, reason: str, outline: str, keep: int) -> None:
        """Keep a delivery that was not understood; of an integration only the newest `keep`."""
        self._connection.execute(
            insert(signal_misses), {"integration_id": integration_id, "at": at, "reason": reason, "outline": outline}
        )
        mine = select(signal_misses.c.id).where(signal_misses.c.integration_id == integration_id)
        newest = mine.order_by(signal_misses.c.id.desc()).limit(keep)
        self._connection.execute(
            delete(signal_misses).where(
                signal_misses.c.integration_id == integration_id, signal_misses.c.id.not_in(newest)
            )
        )

    def list_misses(self, phase_id: int, since: datetime, limit: int) -> list[SignalMiss]:
        """Return the newest deliveries of a phase that were not understood."""
        joined = signal_misses.join(signal_integrations, signal_integrations.c.id == signal_misses.c.integration_id)
        columns = (signal_integrations.c.kind, signal_misses.c.at, signal_misses.c.reason, signal_misses.c.outline)
        mine = (
            select(*columns)
            .select_from(joined)
            .where(signal_integrations.c.phase_id == phase_id, signal_misses.c.at > since)
        )
        rows = self._connection.execute(mine.order_by(signal_misses.c.id.desc()).limit(limit))
        return [SignalMiss(*row) for row in rows]

    def delete_misses(self, before: datetime) -> None:
        self._connection.execute(delete(signal_misses).where(signal_misses.c.at < before))
