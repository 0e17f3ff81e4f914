"""What is open in a phase at a moment, counted once through an index; and what of it is asked for first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, case, func, literal, select, union_all

from domain.reporting.figures import Backlog
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket
from domain.tickets.types import TicketType
from storage.database.columns import Utc
from storage.tickets.tables import IS_OPEN, tickets
from storage.tickets.tickets import Tickets

# Statements are made once: to make them takes longer than to answer them.
NOW, UNTIL = bindparam("now", type_=Utc()), bindparam("until", type_=Utc())
PUBLIC = and_(tickets.c.private.is_(False), tickets.c.type != TicketType.PRAISE.value)
MINE = and_(tickets.c.phase_id == bindparam("phase"), IS_OPEN, PUBLIC)
DUE = case((tickets.c.due_at <= NOW, "late"), (tickets.c.due_at <= UNTIL, "promised"), else_="")
SIDES = (tickets.c.severity, tickets.c.module, tickets.c.status, tickets.c.owner.is_(None), DUE)
COUNTED = select(*SIDES, func.count()).where(MINE).group_by(*SIDES)
SOONEST = {
    "unanswered": (tickets.c.status == Status.RECEIVED.value, tickets.c.opened_at),
    "late": (tickets.c.due_at <= NOW, tickets.c.standing),
    "promised": (and_(tickets.c.due_at > NOW, tickets.c.due_at <= UNTIL), tickets.c.due_at),
}
FIRST = union_all(*(
    select(select(literal(name), tickets.c.id, func.row_number().over(order_by=(by, tickets.c.id)))
    .where(MINE, holds).order_by(by, tickets.c.id).limit(bindparam("few")).subquery(name))
    for name, (holds, by) in SOONEST.items()
))  # fmt: skip


class Backlogs:
    """Of public tickets that are not praise. `now` decides what is late, and `until` what is promised."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, phase_id: int, now: datetime, until: datetime | None = None) -> Backlog:
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

    def list_first(self, phase_id: int, now: datetime, until: datetime, few: int) -> Mapping[str, Sequence[Ticket]]:
        """What nobody has looked at, the oldest first; what is late, most urgent first; what is promised, by time."""
        given = {"phase": phase_id, "now": now, "until": until, "few": few}
        found: dict[str, dict[int, int]] = {name: {} for name in SOONEST}
        for name, id_, place in self._connection.execute(FIRST, given):
            found[name][place] = id_
        every = {id_ for some in found.values() for id_ in some.values()}
        known = {one.id: one for one in Tickets(self._connection).some(list(every))} if every else {}
        return {name: [known[some[place]] for place in sorted(some)] for name, some in found.items()}


def _sides(status: Status) -> dict[str, bool]:
    return {"unanswered": status is Status.RECEIVED, "ours": status.sla_runs, "theirs": status is Status.WAITING,
            "deferred": status is Status.DEFERRED}  # fmt: skip
