"""The audit log of changes to settings and people, append-only; tickets have their own events."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from storage.operations.tables import audit
from storage.phases.tables import phases
from storage.tickets.tables import events, tickets


class Audit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def log(self, actor: str, action: str, subject: str, at: datetime, **data: str) -> None:
        row = {"actor": actor, "action": action, "subject": subject, "at": at, "data": data}
        self._connection.execute(insert(audit).values(row))

    def list_since(self, start: datetime) -> Iterator[dict[str, Any]]:
        """Yield audit entries, then ticket events since then: at, actor, action, subject, data."""
        own = select(audit).where(audit.c.at >= start).order_by(audit.c.id)
        for row in self._connection.execute(own):
            yield _entry(row.at, row.actor, row.action, row.subject, row.data)
        named = select(events, phases.c.key, tickets.c.number).join(tickets, tickets.c.id == events.c.ticket_id)
        named = named.join(phases, phases.c.id == tickets.c.phase_id).where(events.c.at >= start)
        for row in self._connection.execute(named.order_by(events.c.id)):
            yield _entry(row.at, row.actor, row.kind, f"{row.key}-{row.number}", row.data)


def _entry(at: datetime, actor: str, action: str, subject: str, data: dict[str, str]) -> dict[str, Any]:
    return {"at": at.isoformat(), "actor": actor, "action": action, "subject": subject, "data": data}
