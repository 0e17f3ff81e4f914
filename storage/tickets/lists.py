"""Ticket lists: the tickets of a filter, a page at a time; open ones by rank, others newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from domain.address import ERASED_USER
from domain.api.query import TicketQuery
from domain.phases.phase import Phase
from domain.tickets.filters import NONE, AgeRange, Filter
from domain.tickets.modules import under
from domain.tickets.status import Status
from domain.tickets.ticket import Judgement, Ticket
from domain.tickets.types import TicketType
from domain.typed import same
from storage.tickets import search
from storage.tickets.milestone_table import milestones
from storage.tickets.tables import HAS_SCOPE, IS_CLOSED, IS_OPEN, affected, tickets
from storage.tickets.tickets import WHOLE, Tickets

IS_WORK = tickets.c.type != TicketType.PRAISE.value
CANDIDATES = 200  # newest tickets with all the words


@dataclass(frozen=True, slots=True)
class ListReader:
    """The reader: the phases whose private tickets they may see, and whether they see only their own (guests)."""

    id: str
    leads: tuple[int, ...] = ()
    own_only: bool = False


class TicketLists:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_page(
        self, asked: Filter, phases: Sequence[Phase], reader: ListReader, now: datetime, *, skip: int, limit: int
    ) -> list[Ticket]:
        """Return at most `limit` tickets that the reader may see, after the first `skip`."""
        which = and_(_in(phases, keyed=not asked.words), *_conditions(asked, phases, reader, now))
        if asked.words:
            ids = search.candidates(self._connection, " ".join(asked.words), CANDIDATES)
            which = and_(which, tickets.c.id.in_(ids))
        found = WHOLE.where(which)
        if asked.scope == "open":
            found = found.order_by(tickets.c.rank, tickets.c.id)
        else:
            found = found.order_by(tickets.c.id.desc())
        return Tickets(self._connection).fetch(found.offset(skip).limit(limit))

    def list_after(self, phase_id: int, asked: TicketQuery, *, hidden: bool) -> list[Ticket]:
        """Return one ticket more than the query asks for, oldest first; private and anonymous ones with `hidden`."""
        which = [tickets.c.phase_id == phase_id, tickets.c.id > asked.after, tickets.c.reporter != ERASED_USER]
        which += [] if hidden else [tickets.c.private.is_(False), tickets.c.anonymous.is_(False)]
        which += [tickets.c.status.in_(asked.statuses)] if asked.statuses else []
        which += [tickets.c.severity.in_(asked.severities)] if asked.severities else []
        which += [tickets.c.changed_at >= asked.changed_since] if asked.changed_since else []
        if asked.words:
            which.append(tickets.c.id.in_(search.candidates(self._connection, asked.words, CANDIDATES)))
        found = WHOLE.where(and_(*which)).order_by(tickets.c.id).limit(asked.limit + 1)
        return Tickets(self._connection).fetch(found)

    def count_tickets(self, asked: Filter, phases: Sequence[Phase], reader: ListReader, now: datetime) -> int:
        """Return how many tickets `list_page` has in all; for filters without words."""
        which = and_(_in(phases, keyed=True), *_conditions(asked, phases, reader, now))
        return int(self._connection.scalar(select(func.count()).select_from(tickets).where(which)) or 0)

    def find_busiest_owner(self, phase_id: int) -> tuple[str, int] | None:
        """Return who owns most open tickets of a phase, and how many; private tickets are left out."""
        mine = (tickets.c.phase_id == phase_id, IS_OPEN, tickets.c.owner.is_not(None), tickets.c.private.is_(False))
        count = func.count().label("count")
        found = self._connection.execute(
            select(tickets.c.owner, count).where(*mine).group_by(tickets.c.owner)
            .order_by(count.desc(), tickets.c.owner).limit(1)
        ).first()  # fmt: skip
        return (found.owner, int(found[1])) if found else None

    def list_for_parties(self, phase_id: int) -> list[Ticket]:
        """Return the public tickets of a phase that were judged or are open, newest first; praise has no party."""
        mine = (tickets.c.phase_id == phase_id, tickets.c.private.is_(False), tickets.c.type != TicketType.PRAISE.value)
        known = or_(tickets.c.judgement != "", IS_OPEN)
        return Tickets(self._connection).fetch(WHOLE.where(*mine, known).order_by(tickets.c.id.desc()))

    def list_wishes(self, phase_id: int) -> list[Ticket]:
        """Return the public tickets of a phase that were judged as wishes, newest first."""
        mine = (tickets.c.phase_id == phase_id, tickets.c.private.is_(False))
        wish = tickets.c.judgement == Judgement.WISH.value
        return Tickets(self._connection).fetch(WHOLE.where(*mine, wish).order_by(tickets.c.id.desc()))

    def count_by_scope(self, phase_id: int) -> dict[str, int]:
        """Count the tickets of a phase by how their change is delivered, those without that left out."""
        mine = (tickets.c.phase_id == phase_id, HAS_SCOPE, tickets.c.private.is_(False))
        asked = select(tickets.c.scope, func.count()).where(*mine).group_by(tickets.c.scope)
        return {row[0]: row[1] for row in self._connection.execute(asked)}

    def list_known_issues(self, phases: Sequence[Phase], reader: ListReader, limit: int) -> list[Ticket]:
        """Return open public tickets, those with most affected people first."""
        public = and_(tickets.c.private.is_(False), IS_WORK, _seen(reader), _in(phases, keyed=True))
        found = WHOLE.where(IS_OPEN, public).order_by(tickets.c.affected.desc(), tickets.c.rank)
        return Tickets(self._connection).fetch(found.limit(limit))

    def list_outcomes(self, phase_id: int, since: datetime, limit: int) -> tuple[list[Ticket], list[Ticket]]:
        """Return the public tickets resolved since then and still closed, and those deferred since then."""
        public = and_(tickets.c.phase_id == phase_id, tickets.c.private.is_(False), tickets.c.changed_at >= since,
                      tickets.c.type != TicketType.PRAISE.value)  # fmt: skip
        fixed = WHOLE.join(milestones, milestones.c.ticket_id == tickets.c.id).where(
            public, tickets.c.status.in_(["resolved", "verified"]), milestones.c.resolved_at >= since
        )
        deferred = WHOLE.where(public, tickets.c.status == Status.DEFERRED.value)
        found = (asked.order_by(tickets.c.affected.desc(), tickets.c.id).limit(limit) for asked in (fixed, deferred))
        done, later = (Tickets(self._connection).fetch(asked) for asked in found)
        return done, later


def _conditions(asked: Filter, phases: Sequence[Phase], reader: ListReader, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_seen(reader)]
    if asked.scope != "all":
        found.append(IS_OPEN if asked.scope == "open" else IS_CLOSED)  # type: ignore[arg-type]
    is_of_work = asked.tasks or (asked.scope == "open" and not asked.types)  # praise is never "open"
    columns = {
        "statuses": tickets.c.status, "severities": tickets.c.severity, "types": tickets.c.type,
        "processes": tickets.c.process, "categories": tickets.c.category, "sources": tickets.c.intake,
        "channels": tickets.c.channel,
    }  # fmt: skip
    for name, column in columns.items():
        if wanted := getattr(asked, name):
            found.append(column.in_([str(w) for w in _meant(name, wanted, phases)]))
    if asked.modules:
        found.append(_in_modules(asked.modules, phases))
    flags = (
        (asked.unowned, tickets.c.owner.is_(None)),
        (asked.private, tickets.c.private.is_(True)),
        (asked.public, tickets.c.private.is_(False)),
        (is_of_work, IS_WORK),
        (asked.unique, tickets.c.status != Status.MERGED.value),
        (asked.late, tickets.c.due_at <= now),
        (asked.unsorted, _unsorted(phases)),
        (asked.unweighed, and_(tickets.c.business == "", tickets.c.urgency == "", tickets.c.people.is_(None))),
    )
    found += [condition for wanted, condition in flags if wanted]
    found += [tickets.c.extra[name].as_string().icontains(part, autoescape=True) for name, part in asked.answers]
    return [*found, *_about_people(asked, reader), *_in_time(asked, now)]


def _in_modules(wanted: Sequence[str], phases: Sequence[Phase]) -> ColumnElement[bool]:
    """Limit to modules and what is below them; a leading "=" means that module alone."""
    exact = [one.removeprefix("=") for one in wanted]
    branches = [one for one in wanted if not one.startswith("=")]
    known = [module for phase in phases for module in phase.intake.modules]
    named = [m for m in known if any(under(m, one) for one in branches) or any(same(m, one) for one in exact)]
    nothing = ["" for one in branches if one.lower() == NONE]
    return tickets.c.module.in_(list(dict.fromkeys([*named, *exact, *nothing])))


def _about_people(asked: Filter, reader: ListReader) -> list[ColumnElement[bool]]:
    people = {tickets.c.reporter: reader.id if asked.mine else asked.reporter,
              tickets.c.owner: reader.id if asked.owned else asked.owner}  # fmt: skip
    found: list[ColumnElement[bool]] = [column == person for column, person in people.items() if person]
    if asked.reporter or asked.mine:
        found.append(or_(tickets.c.anonymous.is_(False), tickets.c.reporter == reader.id))
    if asked.affected:
        mine = select(affected.c.ticket_id).where(affected.c.person == reader.id)
        found.append(tickets.c.id.in_(mine))
    return found


def _in_time(asked: Filter, now: datetime) -> list[ColumnElement[bool]]:
    found = [_within(span) for span in asked.spans]
    found += [tickets.c.opened_at <= now - asked.older] if asked.older else []
    found += [tickets.c.opened_at >= now - asked.newer] if asked.newer else []
    found += [tickets.c.changed_at <= now - asked.quiet] if asked.quiet else []
    return found


def _unsorted(phases: Sequence[Phase]) -> ColumnElement[bool]:
    """Limit to tickets without a type or an owner, or without a module or process where their phase has some."""
    lacks = [tickets.c.type == TicketType.NONE.value, tickets.c.owner.is_(None)]
    for phase in phases:
        here = tickets.c.phase_id == phase.id
        lacks += [and_(here, tickets.c.module == "")] if phase.intake.modules else []
        lacks += [and_(here, tickets.c.process == "")] if phase.intake.processes else []
    return and_(IS_WORK, or_(*lacks))


def _within(span: AgeRange) -> ColumnElement[bool]:
    if span.moment == "due":
        return and_(IS_OPEN, tickets.c.due_at >= span.begins, tickets.c.due_at < span.ends)
    columns = [milestones.c[name] for name in MOMENTS[span.moment]]
    there = or_(*(and_(column >= span.begins, column < span.ends) for column in columns))
    return tickets.c.id.in_(select(milestones.c.ticket_id).where(there))


MOMENTS = {"opened": ("opened_at",), "resolved": ("resolved_at",), "reopened": ("reopened_at",),
           "breached": ("acknowledge_due_at", "resolve_due_at")}  # fmt: skip


def _in(phases: Sequence[Phase], *, keyed: bool) -> ColumnElement[bool]:
    """Limit to these phases. `keyed` allows an index that starts with the phase, which is in order for one phase."""
    if keyed and len(phases) == 1:
        return tickets.c.phase_id == phases[0].id
    return (tickets.c.phase_id + 0).in_([p.id for p in phases])  # + 0: no index that starts with it


def _meant(name: str, wanted: Sequence[str], phases: Sequence[Phase]) -> list[str]:
    """Return names as the phases write them, however they were typed."""
    if name not in ("processes", "categories"):
        return list(wanted)
    known = [one for phase in phases for one in getattr(phase.intake, name)]
    named = [one for one in known if any(same(one, name) for name in wanted)] or list(wanted)
    return ["" if one.lower() == NONE else one for one in named]


def _seen(reader: ListReader) -> ColumnElement[bool]:
    """Limit to what the reader may see, as domain/phases/permissions.py says."""
    own = tickets.c.reporter == reader.id
    if reader.own_only:
        return own
    allowed = or_(own, tickets.c.owner == reader.id, tickets.c.phase_id.in_(reader.leads))
    return or_(tickets.c.private.is_(False), allowed)
