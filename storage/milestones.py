"""Milestones of tickets: kept as their logs grow, counted by day, and summed up for figures."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, and_, case, func, literal, literal_column, or_, select, union_all
from sqlalchemy import insert as new
from sqlalchemy import update as change

from domain.figures import Cohort, Count
from domain.milestones import Milestones as Reached
from domain.ticket import Ticket
from domain.types import Type
from storage.columns import Utc
from storage.figures import milestones as m
from storage.tables import IS_OPEN, tickets

SIDES = ("severity", "type", "module", "process")  # by what figures are told apart
Span = tuple[datetime, datetime]


class Milestones:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, ticket: Ticket, reached: Reached) -> None:
        """As it is now; only what is new is written."""
        row = {"phase_id": ticket.phase_id, "private": ticket.private, "severity": ticket.severity.value,
               "type": ticket.report.type.value, "module": ticket.report.module, "process": ticket.report.process,
               **asdict(reached)}  # fmt: skip
        known = self._connection.execute(select(m).where(m.c.ticket_id == ticket.id)).mappings().first()
        if known is None:
            self._connection.execute(new(m), {"ticket_id": ticket.id, **row})
        elif fresh := {name: value for name, value in row.items() if known[name] != value}:
            self._connection.execute(change(m).where(m.c.ticket_id == ticket.id).values(fresh))

    def missing(self, after: int, limit: int, changed_since: datetime | None = None) -> list[int]:
        """Tickets without any, after that id: a release before wrote them."""
        there = select(m.c.ticket_id).where(m.c.ticket_id == tickets.c.id).exists()
        mine = select(tickets.c.id).where(tickets.c.id > after, ~there)
        mine = mine.where(tickets.c.changed_at >= changed_since) if changed_since else mine
        return list(self._connection.scalars(mine.order_by(tickets.c.id).limit(limit)))

    def first(self, phase_id: int) -> datetime | None:
        """When the first ticket of a phase was opened, private or not."""
        found: datetime | None = self._connection.scalar(
            select(func.min(m.c.opened_at)).where(m.c.phase_id == phase_id)
        )
        return found

    def counts(self, phase_id: int, spans: Sequence[Span]) -> list[Count]:
        """What happened in each span, from its beginning until just before its end; one statement for all of them."""
        if not spans:
            return []
        given = spans_of(spans)

        def many(moment: ColumnElement[Any], *more: ColumnElement[bool]) -> ColumnElement[int]:
            there = and_(m.c.phase_id == phase_id, moment >= given.c.begins, moment < given.c.ends, PUBLIC, *more)
            return select(func.count()).where(there).select_from(m).scalar_subquery()

        also = or_(m.c.acknowledge_over.is_(None), m.c.acknowledge_over < given.c.begins,
                   m.c.acknowledge_over >= given.c.ends)  # fmt: skip
        asked = select(
            given.c.n,
            many(m.c.opened_at, WORK).label("opened"),
            many(m.c.opened_at, WORK, m.c.severity == "critical").label("critical"),
            many(m.c.resolved_at, WORK).label("resolved"), many(m.c.reopened_at, WORK).label("reopened"),
            many(m.c.closed_at, WORK).label("closed"),
            (many(m.c.acknowledge_over, WORK) + many(m.c.resolve_over, WORK, also)).label("breached"),
            many(m.c.opened_at, ~WORK).label("praise"),
        ).order_by(given.c.n)  # fmt: skip
        return [Count(**{k: int(v) for k, v in row.items() if k != "n"})
                for row in self._connection.execute(asked).mappings()]  # fmt: skip

    def cohort(self, phase_id: int, since: datetime, until: datetime, side: str = "") -> dict[str, Cohort]:
        """What was opened in between, by severity, type, module, process or reporter; under "" as a whole."""
        by: ColumnElement[Any] = literal_column("CAST('' AS TEXT)")  # PostgreSQL does not group by a bare constant
        by = tickets.c.reporter if side == "reporter" else m.c[side] if side else by
        source = m.join(tickets, tickets.c.id == m.c.ticket_id) if side == "reporter" else m
        mine = and_(m.c.phase_id == phase_id, m.c.opened_at >= since, m.c.opened_at < until, PUBLIC, WORK)
        found: dict[str, Cohort] = {}
        for row in self._connection.execute(select(by, *SUMS).select_from(source).where(mine).group_by(by)):
            found[str(row[0])] = Cohort(
                opened=row.opened, fixed=row.fixed, reopened=row.reopened,
                acknowledge=(row.a_kept, row.a_kept + row.a_missed), resolve=(row.r_kept, row.r_kept + row.r_missed),
            )  # fmt: skip
        for name, minutes, more in TIMES:
            rows = select(by, minutes, func.count()).select_from(source).where(mine, minutes.is_not(None), more)
            rows = rows.group_by(by, minutes)
            for value, took, count in self._connection.execute(rows):
                getattr(found[str(value)], name)[int(took)] = int(count)
        return found

    def open(self, phase_id: int, since: datetime, until: datetime) -> Sequence[Any]:
        """What is still open of it: opened_at, acknowledged_at, workaround_at, owner and what it is told apart by."""
        mine = and_(m.c.phase_id == phase_id, m.c.opened_at >= since, m.c.opened_at < until, PUBLIC, WORK, IS_OPEN)
        columns = (m.c.opened_at, m.c.acknowledged_at, m.c.workaround_at, *(m.c[side] for side in SIDES))
        asked = select(*columns, tickets.c.owner, tickets.c.reporter).join(tickets, tickets.c.id == m.c.ticket_id)
        return self._connection.execute(asked.where(mine)).all()


def spans_of(spans: Sequence[Span]) -> CTE:
    """Spans of time as rows (n, begins, ends); at most five hundred, which is what SQLite takes."""
    moments = [(literal(begins, Utc()), literal(ends, Utc())) for begins, ends in spans]
    rows = [select(literal(n).label("n"), begins.label("begins"), ends.label("ends"))
            for n, (begins, ends) in enumerate(moments)]  # fmt: skip
    return union_all(*rows).cte("spans")


PUBLIC = m.c.private.is_(False)
WORK = m.c.type != Type.PRAISE.value  # nobody has to do anything about praise


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


SUMS = (
    func.count().label("opened"), _sum(m.c.fixes > 0).label("fixed"),
    _sum(and_(m.c.fixes > 0, m.c.reopened > 0)).label("reopened"),
    _sum(m.c.acknowledge_kept.is_(True)).label("a_kept"), _sum(m.c.acknowledge_kept.is_(False)).label("a_missed"),
    _sum(m.c.resolve_kept.is_(True)).label("r_kept"), _sum(m.c.resolve_kept.is_(False)).label("r_missed"),
)  # fmt: skip
TIMES = (
    ("acknowledged", m.c.to_acknowledge, m.c.acknowledged_at.is_not(None)),
    ("worked_around", m.c.to_workaround, m.c.workaround_at.is_not(None)),
    ("resolved", m.c.to_close, m.c.resolved_at.is_not(None)),
    ("unresolved", m.c.to_close, m.c.resolved_at.is_(None)),
    ("unseen", m.c.to_close, m.c.acknowledged_at.is_(None)),
    ("stuck", m.c.to_close, m.c.workaround_at.is_(None)),
)  # fmt: skip
