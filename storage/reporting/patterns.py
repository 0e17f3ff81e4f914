"""How reports are spread: over days, over the hours of the week, over parts of the system and the people who use it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, String, and_, cast, func, literal, select, union_all

from domain.address import ERASED_USER
from domain.tickets.status import Status
from domain.tickets.types import TicketType
from storage.database.columns import Utc
from storage.reporting.milestones import Span
from storage.tickets.milestone_table import milestones as m
from storage.tickets.tables import affected, tickets

BUCKET = 15  # characters of a time as both databases write it: ten minutes, since some zones are half an hour off


class Patterns:
    """Of public tickets that are not praise and not the same as another one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count_by_day(self, phase_id: int, days: Sequence[Span]) -> list[tuple[int, str, str, int]]:
        """(number of the day, module, type, how many)."""
        if not days:
            return []
        given = _spans(days)
        there = and_(m.c.opened_at >= given.c.begins, m.c.opened_at < given.c.ends)
        sides = (given.c.n, m.c.module, m.c.type)
        asked = select(*sides, func.count()).select_from(given.join(m, there)).where(_unique(phase_id))
        asked = asked.join(tickets, tickets.c.id == m.c.ticket_id).group_by(*sides)
        return [(int(n), module, kind, int(count)) for n, module, kind, count in self._connection.execute(asked)]

    def count_by_time(self, phase_id: int, since: datetime, until: datetime) -> list[tuple[datetime, str, int]]:
        """(the ten minutes in which they came, type, how many)."""
        bucket = func.substr(cast(m.c.opened_at, String), 1, BUCKET)
        asked = self._asked(phase_id, since, until, bucket, m.c.type)
        return [(datetime.fromisoformat(f"{at}0:00").replace(tzinfo=UTC), kind, int(n)) for at, kind, n in asked]

    def count_by_reporter(self, phase_id: int, since: datetime, until: datetime) -> list[tuple[str, str, str, int]]:
        """(module, type, reporter, how many); those whose reporter is not known any more are left out."""
        rows = self._asked(phase_id, since, until, m.c.module, m.c.type, tickets.c.reporter)
        return [(module, kind, person, int(n)) for module, kind, person, n in rows if person != ERASED_USER]

    def list_affected_people(
        self, phase_id: int, since: datetime, until: datetime, types: Sequence[str]
    ) -> list[list[str]]:
        """The people whom each report of these types concerns, those whose duplicates it stands for among them."""
        kept = and_(m.c.type.in_(types), tickets.c.status != Status.WITHDRAWN.value)
        mine = and_(_unique(phase_id), m.c.opened_at >= since, m.c.opened_at < until, kept)
        asked = select(m.c.ticket_id, affected.c.person).join(affected, affected.c.ticket_id == m.c.ticket_id)
        asked = asked.join(tickets, tickets.c.id == m.c.ticket_id).where(mine, affected.c.person != ERASED_USER)
        found: dict[int, list[str]] = {}
        for ticket, person in self._connection.execute(asked):
            found.setdefault(ticket, []).append(person)
        return [*found.values()]

    def list_summaries(self, phase_id: int, since: datetime, until: datetime, limit: int) -> list[tuple[str, str]]:
        """(reporter, summary) of the newest."""
        mine = and_(_unique(phase_id), m.c.opened_at >= since, m.c.opened_at < until, tickets.c.reporter != ERASED_USER)
        asked = select(tickets.c.reporter, tickets.c.summary).join(m, m.c.ticket_id == tickets.c.id).where(mine)
        rows = self._connection.execute(asked.order_by(m.c.opened_at.desc()).limit(limit))
        return [(person, summary) for person, summary in rows]

    def _asked(self, phase_id: int, since: datetime, until: datetime, *sides: ColumnElement[Any]) -> Sequence[Any]:
        mine = and_(_unique(phase_id), m.c.opened_at >= since, m.c.opened_at < until)
        asked = select(*sides, func.count()).join(tickets, tickets.c.id == m.c.ticket_id).where(mine)
        return self._connection.execute(asked.select_from(m).group_by(*sides)).all()


def _spans(spans: Sequence[Span]) -> CTE:
    """Spans of time as rows (n, begins, ends); at most five hundred, which is what SQLite takes."""
    moments = [(literal(begins, Utc()), literal(ends, Utc())) for begins, ends in spans]
    rows = [select(literal(n).label("n"), begins.label("begins"), ends.label("ends"))
            for n, (begins, ends) in enumerate(moments)]  # fmt: skip
    return union_all(*rows).cte("spans")


def _unique(phase_id: int) -> ColumnElement[bool]:
    public = and_(m.c.private.is_(False), m.c.type != TicketType.PRAISE.value)
    return and_(m.c.phase_id == phase_id, public, tickets.c.status != Status.MERGED.value)
