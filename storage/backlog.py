"""What is open in a phase at a moment, counted once through an index; and what of it is asked for first."""

from collections import Counter
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from domain.figures import Backlog
from domain.levels import OURS
from domain.ticket import Severity, Status, Ticket
from domain.types import Type
from storage.tables import IS_OPEN, tickets
from storage.tickets import Tickets, whole


class Backlogs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def now(self, phase_id: int, now: datetime, until: datetime | None = None) -> Backlog:
        """As it is; `now` decides what is late, and `until` what is promised."""
        due = case((tickets.c.due_at <= now, "late"), (tickets.c.due_at <= (until or now), "promised"), else_="")
        unowned = tickets.c.owner.is_(None)
        sides = (tickets.c.severity, tickets.c.module, tickets.c.status, unowned, due)
        found, severities, modules = Counter[str](), Counter[Severity](), Counter[str]()
        for severity, module, status, nobody, soon, count in self._connection.execute(
            select(*sides, func.count()).where(_mine(phase_id)).group_by(*sides)
        ):
            severities[Severity(severity)] += count
            modules[module] += count
            found.update({side: count for side, holds in _sides(Status(status)).items() if holds})
            found.update({"unowned": count if nobody else 0, "total": count})
            found.update({soon: count} if soon else {})
        return Backlog(severities=severities, modules=modules, **found)

    def unanswered(self, phase_id: int, limit: int) -> list[Ticket]:
        """What nobody has looked at, the oldest first."""
        mine = and_(_mine(phase_id), tickets.c.status == Status.RECEIVED.value)
        return self._read(mine, tickets.c.opened_at, limit)

    def late(self, phase_id: int, now: datetime, limit: int) -> list[Ticket]:
        """What is over its time, most urgent first."""
        return self._read(and_(_mine(phase_id), tickets.c.due_at <= now), tickets.c.standing, limit)

    def promised(self, phase_id: int, since: datetime, until: datetime, limit: int) -> list[Ticket]:
        """What is due in between, the first one first."""
        due = and_(tickets.c.due_at > since, tickets.c.due_at <= until)
        return self._read(and_(_mine(phase_id), due), tickets.c.due_at, limit)

    def _read(self, which: ColumnElement[bool], order: ColumnElement[object], limit: int) -> list[Ticket]:
        ids = select(tickets.c.id).where(which).order_by(order, tickets.c.id).limit(limit)
        return Tickets(self._connection).read(whole().where(tickets.c.id.in_(ids)).order_by(order, tickets.c.id))


def _mine(phase_id: int) -> ColumnElement[bool]:
    public = and_(tickets.c.private.is_(False), tickets.c.type != Type.PRAISE.value)
    return and_(tickets.c.phase_id == phase_id, IS_OPEN, public)


def _sides(status: Status) -> dict[str, bool]:
    return {"unanswered": status is Status.RECEIVED, "ours": status in OURS, "theirs": status is Status.WAITING,
            "deferred": status is Status.DEFERRED}  # fmt: skip
