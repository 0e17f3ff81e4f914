"""Milestones of tickets: kept as their logs grow, and counted by day."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, func, insert, select, text, update

from domain.reporting.figures import PeriodCounts
from domain.reporting.milestones import Milestones as Reached
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Ticket
from domain.tickets.types import TicketType
from storage.database.columns import Utc
from storage.tickets.milestone_table import milestones as m
from storage.tickets.tables import events, tickets

Span = tuple[datetime, datetime]
# Statements that are asked often are made once: to make them takes longer than to answer them.
KNOWN = select(m).where(m.c.ticket_id == bindparam("ticket"))
NEW, CHANGED = insert(m), update(m).where(m.c.ticket_id == bindparam("ticket"))


class TicketMilestones:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, ticket: Ticket, reached: Reached) -> None:
        """As it is now; only what is new is written."""
        row = {"phase_id": ticket.phase_id, "private": ticket.private, "severity": ticket.severity.value,
               "type": ticket.report.type.value, "module": ticket.report.module, "process": ticket.report.process,
               **asdict(reached)}  # fmt: skip
        known = self._connection.execute(KNOWN, {"ticket": ticket.id}).mappings().first()
        if known is None:
            self._connection.execute(NEW, {"ticket_id": ticket.id, **row})
        elif fresh := {name: value for name, value in row.items() if known[name] != value}:
            self._connection.execute(CHANGED, {"ticket": ticket.id, **fresh})

    def list_missing(self, after: int, limit: int) -> list[int]:
        """Tickets without any, after that id: a release before wrote them."""
        there = select(m.c.ticket_id).where(m.c.ticket_id == tickets.c.id).exists()
        mine = select(tickets.c.id).where(tickets.c.id > after, ~there)
        return list(self._connection.scalars(mine.order_by(tickets.c.id).limit(limit)))

    def list_changed(self, since: datetime, after: int, limit: int) -> list[int]:
        """Tickets that changed since then, after that id."""
        mine = select(tickets.c.id).where(tickets.c.changed_at >= since, tickets.c.id > after)
        return list(self._connection.scalars(mine.order_by(tickets.c.id).limit(limit)))

    def find_first_opened(self, phase_id: int) -> datetime | None:
        """When the first ticket of a phase was opened, private or not."""
        found: datetime | None = self._connection.scalar(
            select(func.min(m.c.opened_at)).where(m.c.phase_id == phase_id)
        )
        return found

    def list_closed_spans(self, phase_id: int) -> list[Span]:
        """When what was reopened had been closed before, from its log: (resolved, reopened)."""
        mine = (
            m.c.phase_id == phase_id,
            m.c.reopened_count > 0,
            m.c.private.is_(False),
            m.c.type != TicketType.PRAISE.value,
        )
        kinds = (EventKind.RESOLVED.value, EventKind.REOPENED.value)
        asked = select(events.c.ticket_id, events.c.kind, events.c.at).join(m, m.c.ticket_id == events.c.ticket_id)
        asked = asked.where(*mine, events.c.kind.in_(kinds)).order_by(events.c.ticket_id, events.c.id)
        found, closed = list[Span](), dict[int, datetime]()
        for ticket, kind, at in self._connection.execute(asked):
            if kind == EventKind.RESOLVED:
                closed[ticket] = at
            elif ticket in closed:
                found.append((closed.pop(ticket), at))
        return found

    def list_fix_events(self, phase_id: int, since: datetime) -> list[list[Event]]:
        """Of each public ticket that was resolved since then, what its log says of that."""
        kinds = [kind.value for kind in (EventKind.RESOLVED, EventKind.REOPENED, EventKind.RECURRED)]
        mine = (
            m.c.phase_id == phase_id,
            m.c.resolved_count > 0,
            m.c.private.is_(False),
            m.c.type != TicketType.PRAISE.value,
        )
        asked = select(events).join(m, m.c.ticket_id == events.c.ticket_id)
        asked = asked.where(*mine, events.c.kind.in_(kinds), events.c.at >= since)
        found: dict[int, list[Event]] = {}
        for row in self._connection.execute(asked.order_by(events.c.id)):
            event = Event(kind=EventKind(row.kind), actor=row.actor, at=row.at, data=row.data)
            found.setdefault(row.ticket_id, []).append(event)
        return [*found.values()]

    def count_spans(self, phase_id: int, spans: Sequence[Span]) -> list[PeriodCounts]:
        """What happened in each span, from its beginning until just before its end; one statement for all of them."""
        found: list[PeriodCounts] = []
        for first in range(0, len(spans), SPANS):
            some = spans[first : first + SPANS]
            moments = {f"{end}{n}": at for n, pair in enumerate(some) for end, at in zip("be", pair, strict=True)}
            told = {n: counts for n, *counts in self._connection.execute(
                _counting(len(some)), {**moments, "phase": phase_id})}  # fmt: skip
            found += [_count(told[n]) for n in range(len(some))]
        return found


SPANS = 100  # in one statement
A_TASK = "type <> 'praise'"
ALSO = (
    "(acknowledge_due_at IS NULL OR acknowledge_due_at < begins OR acknowledge_due_at >= ends)"  # of two, counted once
)
BY_MOMENT: Sequence[tuple[str, Mapping[str, str]]] = (
    ("opened_at", {"opened": A_TASK, "critical": f"{A_TASK} AND severity = 'critical'", "praise": "type = 'praise'"}),
    ("resolved_at", {"resolved": A_TASK}), ("reopened_at", {"reopened": A_TASK}), ("closed_at", {"closed": A_TASK}),
    ("acknowledge_due_at", {"breached": A_TASK}), ("resolve_due_at", {"breached": f"{A_TASK} AND {ALSO}"}),
)  # fmt: skip
COUNTED = [name for _, names in BY_MOMENT for name in names]


def _count(told: Sequence[Any]) -> PeriodCounts:
    """Of what was told of each moment, in their order."""
    found = dict.fromkeys(COUNTED, 0)
    for name, number in zip(COUNTED, " ".join(map(str, told)).split(), strict=True):
        found[name] += int(number)
    return PeriodCounts(**found)


@cache
def _counting(many: int) -> TextClause:
    """Of so many spans. Each moment has a query of its own within it, so that its index alone answers it.

    Counts of the same moment are told in one text, since such a query can give one value only.
    """
    rows = ", ".join(f"({n}, :b{n}, :e{n})" for n in range(many))
    told = ((moment, " || ' ' || ".join(f"count(CASE WHEN {which} THEN 1 END)" for which in names.values()))
            for moment, names in BY_MOMENT)  # fmt: skip
    arms = ", ".join(
        f"(SELECT {counts} FROM milestones WHERE phase_id = :phase AND {moment} >= begins AND {moment} < ends "  # noqa: S608
        "AND NOT private)" for moment, counts in told
    )  # fmt: skip
    moments = [bindparam(f"{end}{n}", type_=Utc()) for n in range(many) for end in "be"]
    asked = f"WITH spans(n, begins, ends) AS (VALUES {rows}) SELECT n, {arms} FROM spans"  # noqa: S608
    return text(asked).bindparams(*moments)
