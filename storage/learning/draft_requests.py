"""Repository of drafts that people have asked a language model for; each is gone once it was delivered."""

from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from domain.knowledge.drafting import DraftKind, DraftRequest
from storage.learning.tables import draft_requests as d


class DraftRequests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, made: DraftRequest) -> None:
        """Insert a request, whose id is not known yet."""
        values = {"phase_id": made.phase_id, "ticket_id": made.ticket_id, "kind": made.kind.value,
                  "person": made.person, "at": made.at}  # fmt: skip
        self._connection.execute(insert(d), values)

    def has(self, made: DraftRequest) -> bool:
        """Return whether that person waits for the same draft."""
        mine = (d.c.phase_id == made.phase_id, d.c.kind == made.kind.value, d.c.person == made.person,
                d.c.ticket_id.is_(None) if made.ticket_id is None else d.c.ticket_id == made.ticket_id)  # fmt: skip
        return self._connection.execute(select(d.c.id).where(*mine).limit(1)).first() is not None

    def find_waiting(self, taken_before: datetime, *, lock: bool = False) -> DraftRequest | None:
        """Return the oldest request that no process has taken since then; None without one."""
        free = or_(d.c.taken_at.is_(None), d.c.taken_at < taken_before)
        asked = select(d).where(free).order_by(d.c.id).limit(1)
        row = self._connection.execute(asked.with_for_update(skip_locked=True) if lock else asked).first()
        return _request(row) if row else None

    def update_taken(self, id_: int, at: datetime) -> None:
        self._connection.execute(update(d).where(d.c.id == id_).values(taken_at=at))

    def delete_request(self, id_: int) -> bool:
        """Delete a request; return False when another process has delivered it."""
        return bool(self._connection.execute(delete(d).where(d.c.id == id_)).rowcount)


def _request(row: Row[tuple[object, ...]]) -> DraftRequest:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    del values["taken_at"]
    return DraftRequest(**{**values, "kind": DraftKind(values["kind"])})
