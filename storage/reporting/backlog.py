"""The backlog of a phase: counts of its open tickets, and the first ones of each kind."""

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

# Statements are built once, since building them takes longer than running them.
NOW, UNTIL = bindparam("now", type_=Utc()), bindparam("until", type_=Utc())
PUBLIC = and_(tickets.c.private.is_(False), tickets.c.type != TicketType.PRAISE.value)
OPEN_OF_PHASE = and_(tickets.c.phase_id == bindparam("phase"), IS_OPEN, PUBLIC)
DUE = case((tickets.c.due_at <= NOW, "overdue"), (tickets.c.due_at <= UNTIL, "due_today"), else_="")
DIMENSIONS = (tickets.c.severity, tickets.c.module, tickets.c.status, tickets.c.owner.is_(None), DUE)
COUNTED = select(*DIMENSIONS, func.count()).where(OPEN_OF_PHASE).group_by(*DIMENSIONS)
FIRST_OF_KIND = {
    "unacknowledged": (tickets.c.status == Status.RECEIVED.value, tickets.c.opened_at),
    "overdue": (tickets.c.due_at <= NOW, tickets.c.rank),
    "due_today": (and_(tickets.c.due_at > NOW, tickets.c.due_at <= UNTIL), tickets.c.due_at),
}
FIRST = union_all(*(
    select(select(literal(name), tickets.c.id, func.row_number().over(order_by=(by, tickets.c.id)))
    .where(OPEN_OF_PHASE, holds).order_by(by, tickets.c.id).limit(bindparam("limit")).subquery(name))
    for name, (holds, by) in FIRST_OF_KIND.items()
))  # fmt: skip


class Backlogs:
    """Backlogs of public tickets without praise: overdue at `now`, or due until `until`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, phase_id: int, now: datetime, until: datetime | None = None) -> Backlog:
        """Count the open tickets."""
        found, severities, modules = Counter[str](), Counter[Severity](), Counter[str]()
        given = {"phase": phase_id, "now": now, "until": until or now}
        for severity, module, status, is_unassigned, due, count in self._connection.execute(COUNTED, given):
            severities[Severity(severity)] += count
            modules[module] += count
            found.update({name: count for name, holds in _kinds(Status(status)).items() if holds})
            found.update({"unassigned": count if is_unassigned else 0, "total": count})
            found.update({due: count} if due else {})
        return Backlog(severities=severities, modules=modules, **found)

    def list_first(self, phase_id: int, now: datetime, until: datetime, limit: int) -> Mapping[str, Sequence[Ticket]]:
        """Return the first unacknowledged tickets by age, overdue ones by urgency, and those due by time."""
        given = {"phase": phase_id, "now": now, "until": until, "limit": limit}
        found: dict[str, dict[int, int]] = {name: {} for name in FIRST_OF_KIND}
        for name, id_, place in self._connection.execute(FIRST, given):
            found[name][place] = id_
        every = {id_ for some in found.values() for id_ in some.values()}
        known = {one.id: one for one in Tickets(self._connection).list_by_ids(list(every))} if every else {}
        return {name: [known[some[place]] for place in sorted(some)] for name, some in found.items()}


def _kinds(status: Status) -> dict[str, bool]:
    return {
        "unacknowledged": status is Status.RECEIVED,
        "waiting_on_team": status.sla_runs,
        "waiting_on_reporter": status is Status.WAITING,
        "deferred": status is Status.DEFERRED,
    }
