"""The readiness of each day, what people decided, and the facts that gates and forecast are made of."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, TextClause, delete, func, insert, or_, select, union

from domain.exit.readiness import ReadinessDay
from domain.exit.record import ExitRecord, RecordKind
from domain.exit.seal import START, Seal, link, record_entry
from domain.tickets.status import Status
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType
from storage.exit.tables import exit_days, exit_records
from storage.tickets.milestone_table import milestones as m
from storage.tickets.tables import IS_OPEN, tickets

DEFECTS = [kind.value for kind in TicketType if kind.is_defect]


class Exits:
    """Exits of phases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace_day(self, phase_id: int, day: ReadinessDay, line: str, at: datetime) -> None:
        """Save the readiness of a day, with what a digest says of it."""
        mine = (exit_days.c.phase_id == phase_id, exit_days.c.day == day.on)
        self._connection.execute(delete(exit_days).where(*mine))
        row = {"phase_id": phase_id, "day": day.on, "score": day.score, "passes": day.passes, "line": line, "at": at}
        self._connection.execute(insert(exit_days), row)

    def list_days(self, phase_id: int, limit: int) -> list[ReadinessDay]:
        """Return the last days, oldest first."""
        mine = select(exit_days).where(exit_days.c.phase_id == phase_id).order_by(exit_days.c.day.desc()).limit(limit)
        return [ReadinessDay(row.day, row.score, row.passes) for row in self._connection.execute(mine)][::-1]

    def find_line(self, phase_id: int, until: date) -> str:
        """Return what the digest says of the last day until then; nothing if there is none."""
        mine = select(exit_days.c.line).where(exit_days.c.phase_id == phase_id, exit_days.c.day <= until)
        return str(self._connection.scalar(mine.order_by(exit_days.c.day.desc()).limit(1)) or "")

    def insert_record(self, phase_id: int, record: ExitRecord, sealed: Seal) -> str:
        """Save a decision made on the sealed events, and return its hash, which follows from all before it."""
        newest = select(exit_records.c.hash).where(exit_records.c.phase_id == phase_id)
        before = self._connection.scalar(newest.order_by(exit_records.c.id.desc()).limit(1))
        hashed = link(before or START, record_entry(record, sealed))
        row = {"phase_id": phase_id, "kind": record.kind, "subject": record.subject, "person": record.person,
               "reason": record.reason, "at": record.at, "seal": sealed.number, "hash": hashed}  # fmt: skip
        self._connection.execute(insert(exit_records), row)
        return hashed

    def list_records(self, phase_id: int) -> list[ExitRecord]:
        """Return what was decided, oldest first."""
        mine = select(exit_records).where(exit_records.c.phase_id == phase_id).order_by(exit_records.c.id)
        return [
            ExitRecord(RecordKind(row.kind), row.subject, row.person, row.reason, row.at, row.seal, row.hash)
            for row in self._connection.execute(mine)
        ]

    def list_defects(self, phase_id: int, since: datetime, until: datetime) -> list[datetime]:
        """Return when each unique confirmed defect was reported: public, acknowledged, not merged and not withdrawn."""
        known = (m.c.phase_id == phase_id, m.c.opened_at >= since, m.c.opened_at < until, m.c.private.is_(False))
        confirmed = (m.c.type.in_(DEFECTS), m.c.acknowledged_at.is_not(None))
        unique = tickets.c.status.not_in([Status.MERGED.value, Status.WITHDRAWN.value])
        query = select(m.c.opened_at).join(tickets, tickets.c.id == m.c.ticket_id).where(*known, *confirmed, unique)
        return list(self._connection.scalars(query.order_by(m.c.opened_at)))

    def list_facts(self, phase_id: int) -> Iterator[tuple[int, str, str, bool]]:
        """Yield number, type, module and privacy of each ticket, which its events don't hold."""
        columns = (tickets.c.number, tickets.c.type, tickets.c.module, tickets.c.private)
        query = select(*columns).where(tickets.c.phase_id == phase_id).order_by(tickets.c.number)
        for row in self._connection.execute(query):
            yield row.number, row.type, row.module, bool(row.private)

    def count_unconfirmed(self, phase_id: int) -> int:
        """Count the open public defects that no one has acknowledged yet."""
        mine = (tickets.c.phase_id == phase_id, IS_OPEN, tickets.c.status == Status.RECEIVED.value)
        public = (tickets.c.private.is_(False), tickets.c.type.in_(DEFECTS))
        return int(self._connection.scalar(select(func.count()).select_from(tickets).where(*mine, *public)) or 0)

    def count_critical(self, phase_id: int, since: datetime) -> int:
        """Count the critical tickets that were opened since then, private ones included."""
        mine = (m.c.phase_id == phase_id, m.c.opened_at >= since, m.c.severity == Severity.CRITICAL.value)
        return self._count_unique(*mine)

    def count_critical_open(self, phase_id: int, since: datetime) -> int:
        """Count the critical tickets that were open at some time since then, private ones included."""
        mine = (m.c.phase_id == phase_id, m.c.severity == Severity.CRITICAL.value)
        ended = func.coalesce(m.c.resolved_at, m.c.closed_at)
        # What ended since then is found by an index of each moment, and what is open by that of open tickets.
        lately = [
            select(m.c.ticket_id).where(m.c.phase_id == phase_id, at > since) for at in (m.c.resolved_at, m.c.closed_at)
        ]
        open_ = select(tickets.c.id).where(tickets.c.phase_id == phase_id, IS_OPEN)
        return self._count_unique(*mine, m.c.ticket_id.in_(union(*lately, open_)), or_(ended.is_(None), ended > since))

    def count_high_without_workaround(self, phase_id: int, before: datetime) -> int:
        """Count the open high tickets from before that moment that never had a workaround, private ones included."""
        mine = (m.c.severity == Severity.HIGH.value, m.c.opened_at < before, m.c.workaround_at.is_(None))
        open_ = select(tickets.c.id).where(tickets.c.phase_id == phase_id, IS_OPEN)
        return self._count_unique(*mine, m.c.ticket_id.in_(open_))

    def count_unowned(self, phase_id: int) -> int:
        """Count the open tickets without an owner, private ones included and praise not."""
        mine = (tickets.c.phase_id == phase_id, IS_OPEN, tickets.c.owner.is_(None))
        work = tickets.c.type != TicketType.PRAISE.value
        return int(self._connection.scalar(select(func.count()).select_from(tickets).where(*mine, work)) or 0)

    def _count_unique(self, *mine: ColumnElement[bool] | TextClause) -> int:
        query = select(func.count()).select_from(m).join(tickets, tickets.c.id == m.c.ticket_id)
        unique = tickets.c.status.not_in([Status.MERGED.value, Status.WITHDRAWN.value])
        return int(self._connection.scalar(query.where(*mine, unique)) or 0)
