"""Milestones of tickets: stored with each change, and counted by period."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, TextClause, bindparam, func, or_, select, text, union
from sqlalchemy.dialects import postgresql, sqlite

from domain.reporting.figures import PeriodCounts
from domain.reporting.milestones import Milestones
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Ticket
from domain.tickets.types import TicketType
from storage.database.columns import Utc
from storage.database.pending import insert_later
from storage.tickets.milestone_table import RECURRED
from storage.tickets.milestone_table import milestones as m
from storage.tickets.tables import events, tickets

Span = tuple[datetime, datetime]
# Frequent statements are built once, since building them takes longer than running them.
MILESTONES = tuple(field.name for field in fields(Milestones))
PUT = {}
for _dialect, _new in (("postgresql", postgresql.insert(m)), ("sqlite", sqlite.insert(m))):
    _values = {column.name: _new.excluded[column.name] for column in m.c if column.name != "ticket_id"}
    _changed = or_(*(m.c[name].is_distinct_from(value) for name, value in _values.items()))
    PUT[_dialect] = _new.on_conflict_do_update(index_elements=["ticket_id"], set_=_values, where=_changed)


class TicketMilestones:
    """The milestones of tickets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, ticket: Ticket, milestones: Milestones) -> None:
        """Insert or update the milestones of a ticket, at the end of the transaction."""
        row = {"phase_id": ticket.phase_id, "private": ticket.private, "severity": ticket.severity.value,
               "type": ticket.report.type.value, "module": ticket.report.module, "process": ticket.report.process,
               **{name: getattr(milestones, name) for name in MILESTONES}}  # fmt: skip
        put = PUT[self._connection.dialect.name]
        insert_later(self._connection, put, {"ticket_id": ticket.id, **row}, key=ticket.id)

    def list_missing(self, after: int, limit: int) -> list[int]:
        """Return ids of tickets without milestones, after that id; an older release wrote them."""
        there = select(m.c.ticket_id).where(m.c.ticket_id == tickets.c.id).exists()
        mine = select(tickets.c.id).where(tickets.c.id > after, ~there)
        return list(self._connection.scalars(mine.order_by(tickets.c.id).limit(limit)))

    def list_changed(self, since: datetime, after: int, limit: int) -> list[int]:
        """Return ids of tickets that changed since then, after that id."""
        mine = select(tickets.c.id).where(tickets.c.changed_at >= since, tickets.c.id > after)
        return list(self._connection.scalars(mine.order_by(tickets.c.id).limit(limit)))

    def find_first_opened(self, phase_id: int) -> datetime | None:
        """Return when the first ticket of a phase was opened, private ones included."""
        found: datetime | None = self._connection.scalar(
            select(func.min(m.c.opened_at)).where(m.c.phase_id == phase_id)
        )
        return found

    def list_closed_spans(self, phase_id: int) -> list[Span]:
        """Return the spans (resolved, reopened) in which reopened tickets were closed, from their events."""
        mine = (
            m.c.phase_id == phase_id,
            m.c.reopened_count > 0,
            m.c.private.is_(False),
            m.c.type != TicketType.PRAISE.value,
        )
        kinds = (EventKind.RESOLVED.value, EventKind.REOPENED.value)
        query = select(events.c.ticket_id, events.c.kind, events.c.at).join(m, m.c.ticket_id == events.c.ticket_id)
        query = query.where(*mine, events.c.kind.in_(kinds)).order_by(events.c.ticket_id, events.c.id)
        found, closed = list[Span](), dict[int, datetime]()
        for ticket, kind, at in self._connection.execute(query):
            if kind == EventKind.RESOLVED:
                closed[ticket] = at
            elif ticket in closed:
                found.append((closed.pop(ticket), at))
        return found

    def list_fix_events(self, phase_id: int, since: datetime) -> list[list[Event]]:
        """Return the events about fixes of each public ticket that was resolved since then."""
        kinds = [kind.value for kind in (EventKind.RESOLVED, EventKind.REOPENED, EventKind.RECURRED)]
        mine = (
            m.c.phase_id == phase_id,
            m.c.resolved_count > 0,
            m.c.private.is_(False),
            m.c.type != TicketType.PRAISE.value,
        )
        # Each of these events moves one of the two moments, or is a recurrence, which are few.
        moved: list[ColumnElement[bool]] = [
            moment >= since for moment in (m.c.resolved_at, m.c.reopened_at, m.c.closed_at)
        ]
        mine_lately = select(m.c.ticket_id).where(m.c.phase_id == phase_id)
        lately = [mine_lately.where(RECURRED), *(mine_lately.where(one) for one in moved)]
        query = select(events).join(m, m.c.ticket_id == events.c.ticket_id).where(m.c.ticket_id.in_(union(*lately)))
        query = query.where(*mine, events.c.kind.in_(kinds), events.c.at >= since)
        found: dict[int, list[Event]] = {}
        for row in self._connection.execute(query.order_by(events.c.id)):
            event = Event(kind=EventKind(row.kind), actor=row.actor, at=row.at, data=row.data)
            found.setdefault(row.ticket_id, []).append(event)
        return [*found.values()]

    def count_spans(self, phase_id: int, spans: Sequence[Span]) -> list[PeriodCounts]:
        """Count what happened in each span (start included, end excluded), in one statement."""
        found: list[PeriodCounts] = []
        for first in range(0, len(spans), MAX_SPANS):
            some = spans[first : first + MAX_SPANS]
            moments = {f"{end}{n}": at for n, pair in enumerate(some) for end, at in zip("be", pair, strict=True)}
            rows = self._connection.execute(_counting(len(some)), {**moments, "phase": phase_id})
            by_span = {n: counts for n, *counts in rows}
            found += [_count(by_span[n]) for n in range(len(some))]
        return found


MAX_SPANS = 100  # in one statement
NOT_PRAISE = "type <> 'praise'"
# A ticket that missed both targets in a span counts once.
FIRST_BREACH = "(acknowledge_due_at IS NULL OR acknowledge_due_at < begins OR acknowledge_due_at >= ends)"
BY_MOMENT: Sequence[tuple[str, Mapping[str, str]]] = (
    (
        "opened_at",
        {"opened": NOT_PRAISE, "critical": f"{NOT_PRAISE} AND severity = 'critical'", "praise": "type = 'praise'"},
    ),
    ("resolved_at", {"resolved": NOT_PRAISE}),
    ("reopened_at", {"reopened": NOT_PRAISE}),
    ("closed_at", {"closed": NOT_PRAISE}),
    ("acknowledge_due_at", {"breached": NOT_PRAISE}),
    ("resolve_due_at", {"breached": f"{NOT_PRAISE} AND {FIRST_BREACH}"}),
)
COUNTED = [name for _, names in BY_MOMENT for name in names]


def _count(counts: Sequence[Any]) -> PeriodCounts:
    """Parse the counts of each moment, in the order of COUNTED."""
    found = dict.fromkeys(COUNTED, 0)
    for name, number in zip(COUNTED, " ".join(map(str, counts)).split(), strict=True):
        found[name] += int(number)
    return PeriodCounts(**found)


@cache
def _counting(spans: int) -> TextClause:
    """Return the statement for so many spans: one subquery for each moment, answered by its index alone.

    The counts of a moment are returned as one text, since a subquery returns a single value.
    """
    rows = ", ".join(f"({n}, :b{n}, :e{n})" for n in range(spans))
    queries = ((moment, " || ' ' || ".join(f"count(CASE WHEN {which} THEN 1 END)" for which in names.values()))
               for moment, names in BY_MOMENT)  # fmt: skip
    arms = ", ".join(
        f"(SELECT {counts} FROM milestones WHERE phase_id = :phase AND {moment} >= begins AND {moment} < ends "  # noqa: S608
        "AND NOT private)" for moment, counts in queries
    )  # fmt: skip
    moments = [bindparam(f"{end}{n}", type_=Utc()) for n in range(spans) for end in "be"]
    statement = f"WITH spans(n, begins, ends) AS (VALUES {rows}) SELECT n, {arms} FROM spans"  # noqa: S608
    return text(statement).bindparams(*moments)
