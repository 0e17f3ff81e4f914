"""Decisions, and the facts that triggers compare."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from domain.decisions.decision import Decision, DecisionKind, DecisionState
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType
from storage.database.columns import LARGEST_ID
from storage.decisions.tables import decisions, request_counts
from storage.tickets.tables import IS_OPEN, tickets

KEPT = timedelta(days=1)  # counts of requests
COLUMNS = [one.name for one in fields(Decision)]
PUBLIC = or_(decisions.c.ticket_id.is_(None), tickets.c.private.is_(False))


class DecisionLog:
    """Decisions of phases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_decision(self, decision: Decision) -> int:
        """Insert a decision; return its id."""
        row = {name: value for name, value in _row(decision).items() if name != "id"}
        key = self._connection.execute(insert(decisions), row).inserted_primary_key
        return int(key[0]) if key else 0

    def update_decision(self, decision: Decision) -> None:
        row = {name: value for name, value in _row(decision).items() if name != "id"}
        self._connection.execute(update(decisions).where(decisions.c.id == decision.id).values(row))

    def find_decision(self, decision_id: int, *, lock: bool = False) -> Decision | None:
        """Return a decision, locked until the end of the transaction with `lock`."""
        if not 0 < decision_id < LARGEST_ID:
            return None
        mine = select(decisions).where(decisions.c.id == decision_id)
        row = self._connection.execute(mine.with_for_update() if lock else mine).first()
        return _decision(row) if row else None

    def list_of_phase(self, phase_id: int) -> list[Decision]:
        """Return the decisions of a phase, newest first."""
        mine = select(decisions).where(decisions.c.phase_id == phase_id).order_by(decisions.c.id.desc())
        return [_decision(row) for row in self._connection.execute(mine)]

    def count_open_public(self, phase_id: int, now: datetime) -> tuple[int, int]:
        """Count the open decisions that everyone in the team may see, and those of them that are overdue."""
        joined = decisions.outerjoin(tickets, tickets.c.id == decisions.c.ticket_id)
        mine = (decisions.c.phase_id == phase_id, decisions.c.state == DecisionState.OPEN.value, PUBLIC)
        asked = select(decisions.c.due_at).select_from(joined).where(*mine)
        due = list(self._connection.scalars(asked))
        return len(due), sum(one is not None and one <= now for one in due)

    def count_open_tickets(self, phase_id: int) -> Counter[Severity]:
        """Count the open tickets by severity, private ones too."""
        mine = (tickets.c.phase_id == phase_id, IS_OPEN, tickets.c.type != TicketType.PRAISE.value)
        asked = select(tickets.c.severity, func.count()).where(*mine).group_by(tickets.c.severity)
        return Counter({Severity(row[0]): row[1] for row in self._connection.execute(asked)})

    def insert_requests(self, phase_id: int, at: datetime, requests: int, errors: int) -> None:
        """Keep how many requests there were until then; older counts are deleted."""
        old = delete(request_counts).where(request_counts.c.phase_id == phase_id, request_counts.c.at < at - KEPT)
        self._connection.execute(old)
        row = {"phase_id": phase_id, "at": at, "requests": requests, "errors": errors}
        self._connection.execute(insert(request_counts), row)

    def get_error_rates(self, phase_id: int, now: datetime, spans: Sequence[timedelta]) -> Mapping[timedelta, float]:
        """Return the share of requests that failed in the last of each span that has any."""
        found = dict[timedelta, float]()
        for span in spans:
            mine = (request_counts.c.phase_id == phase_id, request_counts.c.at > now - span, request_counts.c.at <= now)
            asked = select(func.sum(request_counts.c.requests), func.sum(request_counts.c.errors)).where(*mine)
            requests, errors = self._connection.execute(asked).one()
            if requests:
                found[span] = errors / requests
        return found


def _row(decision: Decision) -> dict[str, Any]:
    row = {name: getattr(decision, name) for name in COLUMNS}
    return row | {name: list(row[name]) for name in ("options", "asked", "steps", "done")}


def _decision(row: Any) -> Decision:
    values = {name: getattr(row, name) for name in COLUMNS}
    values |= {name: tuple(values[name]) for name in ("options", "asked", "steps", "done")}
    return Decision(**{**values, "kind": DecisionKind(row.kind), "state": DecisionState(row.state)})
