"""How reports are distributed over days, hours, modules and people."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from domain.address import ERASED_USER
from domain.reporting.trends import RepeatedIssue
from domain.tickets.status import Status
from domain.tickets.types import TicketType
from storage.database.columns import Utc
from storage.phases.tables import phases
from storage.reporting.milestones import Span
from storage.tickets.milestone_table import milestones as m
from storage.tickets.tables import FROM_ALERTS, affected, occurrences, tickets

BUCKET_LENGTH = 15  # characters of a timestamp: ten minutes, since some time zones are half an hour off


class Patterns:
    """Distributions of public tickets without praise and merged tickets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count_by_day(self, phase_id: int, days: Sequence[Span]) -> list[tuple[int, str, str, int]]:
        """Return (index of the day, module, type, count)."""
        if not days:
            return []
        given = _spans(days)
        there = and_(m.c.opened_at >= given.c.begins, m.c.opened_at < given.c.ends)
        columns = (given.c.n, m.c.module, m.c.type)
        query = select(*columns, func.count()).select_from(given.join(m, there)).where(_unique(phase_id))
        # Said of each day alone, PostgreSQL expects a ninth of all tickets a day, and reads every ticket.
        whole = and_(m.c.opened_at >= min(begins for begins, _ in days), m.c.opened_at < max(ends for _, ends in days))
        query = query.join(tickets, tickets.c.id == m.c.ticket_id).where(whole).group_by(*columns)
        return [(int(n), module, kind, int(count)) for n, module, kind, count in self._connection.execute(query)]

    def count_by_time(self, phase_id: int, since: datetime, until: datetime) -> list[tuple[datetime, str, int]]:
        """Return (start of ten minutes, type, count)."""
        bucket = func.substr(cast(m.c.opened_at, String), 1, BUCKET_LENGTH)
        rows = self._count(phase_id, since, until, bucket, m.c.type)
        return [(datetime.fromisoformat(f"{at}0:00").replace(tzinfo=UTC), kind, int(n)) for at, kind, n in rows]

    def count_by_reporter(self, phase_id: int, since: datetime, until: datetime) -> list[tuple[str, str, str, int]]:
        """Return (module, type, reporter, count), without erased reporters."""
        rows = self._count(phase_id, since, until, m.c.module, m.c.type, tickets.c.reporter)
        return [(module, kind, person, int(n)) for module, kind, person, n in rows if person != ERASED_USER]

    def list_monitors(self, phase_id: int) -> list[str]:
        """Return the reporters of tickets that monitoring has opened, who are no people."""
        mine = (tickets.c.phase_id == phase_id, FROM_ALERTS)
        return list(self._connection.scalars(select(tickets.c.reporter).where(*mine).distinct()))

    def list_affected_people(
        self, phase_id: int, since: datetime, until: datetime, types: Sequence[str]
    ) -> dict[int, list[str]]:
        """Return the affected people of each report of these types by its id, reporters of its duplicates included."""
        kept = and_(m.c.type.in_(types), tickets.c.status != Status.WITHDRAWN.value)
        mine = and_(_unique(phase_id), m.c.opened_at >= since, m.c.opened_at < until, kept)
        query = select(m.c.ticket_id, affected.c.person).join(affected, affected.c.ticket_id == m.c.ticket_id)
        query = query.join(tickets, tickets.c.id == m.c.ticket_id).where(mine, affected.c.person != ERASED_USER)
        found: dict[int, list[str]] = {}
        for ticket, person in self._connection.execute(query):
            found.setdefault(ticket, []).append(person)
        return found

    def list_repeated(self, phase_id: int, since: datetime, limit: int) -> list[RepeatedIssue]:
        """Return the tickets opened or reopened since then whose problem came back; most often first."""
        counted = select(func.count()).where(occurrences.c.ticket_id == m.c.ticket_id).scalar_subquery()
        more = case((counted > 1, counted - 1), else_=0)  # the first occurrence is the report itself
        total = more + m.c.reopened_count + m.c.recurred_count
        columns = (tickets.c.id, phases.c.key, tickets.c.number, tickets.c.summary, more, m.c.reopened_count,
                   m.c.recurred_count)  # fmt: skip
        lately = or_(m.c.opened_at >= since, m.c.reopened_at >= since)
        query = select(*columns).select_from(m).join(tickets, tickets.c.id == m.c.ticket_id)
        query = query.join(phases, phases.c.id == m.c.phase_id).where(_unique(phase_id), lately, total > 0)
        return [
            RepeatedIssue(int(id_), f"{key}-{number}", summary, int(further), int(reopened), int(recurred))
            for id_, key, number, summary, further, reopened, recurred in self._connection.execute(
                query.order_by(total.desc(), tickets.c.id).limit(limit)
            )
        ]

    def list_summaries(self, phase_id: int, since: datetime, until: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (reporter, summary) of the newest reports."""
        mine = and_(_unique(phase_id), m.c.opened_at >= since, m.c.opened_at < until, tickets.c.reporter != ERASED_USER)
        query = select(tickets.c.reporter, tickets.c.summary).join(m, m.c.ticket_id == tickets.c.id).where(mine)
        rows = self._connection.execute(query.order_by(m.c.opened_at.desc()).limit(limit))
        return [(person, summary) for person, summary in rows]

    def _count(self, phase_id: int, since: datetime, until: datetime, *columns: ColumnElement[Any]) -> Sequence[Any]:
        mine = and_(_unique(phase_id), m.c.opened_at >= since, m.c.opened_at < until)
        query = select(*columns, func.count()).join(tickets, tickets.c.id == m.c.ticket_id).where(mine)
        return self._connection.execute(query.select_from(m).group_by(*columns)).all()


def _spans(spans: Sequence[Span]) -> CTE:
    """Return spans as rows (n, begins, ends); at most 500, SQLite's limit."""
    moments = [(literal(begins, Utc()), literal(ends, Utc())) for begins, ends in spans]
    rows = [select(literal(n).label("n"), begins.label("begins"), ends.label("ends"))
            for n, (begins, ends) in enumerate(moments)]  # fmt: skip
    return union_all(*rows).cte("spans")


def _unique(phase_id: int) -> ColumnElement[bool]:
    public = and_(m.c.private.is_(False), m.c.type != TicketType.PRAISE.value)
    return and_(m.c.phase_id == phase_id, public, tickets.c.status != Status.MERGED.value)
