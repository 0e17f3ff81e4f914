"""What is open in a phase at a moment, counted once through an index; and what of it is asked for first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, func, select

from domain.figures import Backlog
from domain.levels import OURS
from domain.ticket import Severity, Status, Ticket
from domain.types import Type
from storage.columns import Utc
from storage.tables import IS_OPEN, tickets
from storage.tickets import Tickets, whole

# Statements are made once: to make them takes longer than to answer them.
NOW, UNTIL = bindparam("now", type_=Utc()), bindparam("until", type_=Utc())
PUBLIC = and_(tickets.c.private.is_(False), tickets.c.type != Type.PRAISE.value)
MINE = and_(tickets.c.phase_id == bindparam("phase"), IS_OPEN, PUBLIC)
DUE = case((tickets.c.due_at <= NOW, "late"), (tickets.c.due_at <= UNTIL, "promised"), else_="")
SIDES = (tickets.c.severity, tickets.c.module, tickets.c.status, tickets.c.owner.is_(None), DUE)
COUNTED = select(*SIDES, func.count()).where(MINE).group_by(*SIDES)
FIRST: Mapping[str, Select[Any]] = {
    "unanswered": select(tickets.c.id).where(MINE, tickets.c.status == Status.RECEIVED.value)
    .order_by(tickets.c.opened_at, tickets.c.id),
    "late": select(tickets.c.id).where(MINE, tickets.c.due_at <= NOW).order_by(tickets.c.standing, tickets.c.id),
    "promised": select(tickets.c.id).where(MINE, tickets.c.due_at > NOW, tickets.c.due_at <= UNTIL)
    .order_by(tickets.c.due_at, tickets.c.id),
}  # fmt: skip
FIRST = {name: asked.limit(bindparam("few")) for name, asked in FIRST.items()}


class Backlogs:
    """Of public tickets that are not praise. `now` decides what is late, and `until` what is promised."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def now(self, phase_id: int, now: datetime, until: datetime | None = None) -> Backlog:
        """As it is."""
        found, severities, modules = Counter[str](), Counter[Severity](), Counter[str]()
        given = {"phase": phase_id, "now": now, "until": until or now}
        for severity, module, status, nobody, soon, count in self._connection.execute(COUNTED, given):
            severities[Severity(severity)] += count
            modules[module] += count
            found.update({side: count for side, holds in _sides(Status(status)).items() if holds})
            found.update({"unowned": count if nobody else 0, "total": count})
            found.update({soon: count} if soon else {})
        return Backlog(severities=severities, modules=modules, **found)

    def first(self, phase_id: int, now: datetime, until: datetime, few: int) -> Mapping[str, Sequence[Ticket]]:
        """What nobody has looked at, the oldest first; what is late, most urgent first; what is promised, by time."""
        given = {"phase": phase_id, "now": now, "until": until, "few": few}
        ids = {name: list(self._connection.scalars(asked, given)) for name, asked in FIRST.items()}
        every = {id_ for some in ids.values() for id_ in some}
        if not every:
            return dict.fromkeys(FIRST, ())
        known = {one.id: one for one in Tickets(self._connection).read(whole().where(tickets.c.id.in_(every)))}
        return {name: [known[id_] for id_ in some] for name, some in ids.items()}


def _sides(status: Status) -> dict[str, bool]:
    return {"unanswered": status is Status.RECEIVED, "ours": status in OURS, "theirs": status is Status.WAITING,
            "deferred": status is Status.DEFERRED}  # fmt: skip
