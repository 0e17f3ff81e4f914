"""Finding tickets: by a filter, by their words, on the board of known issues, and changing many at once."""

from collections.abc import Callable, Sequence

from bot.context import AppContext
from bot.services.followup.verification import resolve_in
from bot.services.tickets.session import TicketSession
from bot.services.tickets.work import assign_in
from bot.views.tickets import lines
from domain.errors import Refused
from domain.intake.similarity import SimilarityIndex
from domain.phases.phase import Phase, PhaseState
from domain.tickets import filters, transitions
from domain.tickets.closing import Solution
from domain.tickets.filters import Filter
from domain.tickets.permissions import Action, Person, is_lead, is_responder, require
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

MANY = 100  # tickets that are changed together
BEST = 200  # of what has all the words, before it is put in order


def page(
    app: AppContext, person: Person, text: str, channel: str, *, skip: int, limit: int
) -> tuple[list[Ticket], bool]:
    """Tickets of a filter in words, and whether there are more; Refused when the words say nothing."""
    asked = filters.read(text)
    with app.store.read() as tx:
        found = _found(tx, app, asked, person, channel, skip=skip, limit=limit + 1)
    return found[:limit], len(found) > limit


def find(app: AppContext, person: Person, text: str, channel: str, limit: int) -> list[Ticket]:
    """Tickets with all of these words, those that fit best first."""
    asked = filters.read(text)
    if not asked.words:
        raise Refused("Please say which words to look for, as in `find payslip blank`.")
    if asked == Filter(words=asked.words):
        asked = Filter(words=asked.words, scope="all")
    with app.store.read() as tx:
        found = _found(tx, app, asked, person, channel, skip=0, limit=BEST)
    index = SimilarityIndex()
    for ticket in found:
        index.add(ticket.id, ticket.summary, f"{ticket.report.happened} {ticket.report.actual}")
    order = {f.id: n for n, f in enumerate(index.find(" ".join(asked.words), len(found)))}
    return sorted(found, key=lambda t: (order.get(t.id, len(found)), not t.status.is_open, -t.id))[:limit]


def known_issues(app: AppContext, person: Person, channel: str, limit: int) -> list[Ticket]:
    with app.store.read() as tx:
        phases = _here(tx.phases.all(), channel, "")
        return tx.lists.known(phases, _reader(person, phases), limit)


def is_lead_here(app: AppContext, person: Person, channel: str) -> bool:
    with app.store.read() as tx:
        return any(is_lead(person, phase) for phase in _here(tx.phases.all(), channel, ""))


def save_view(app: AppContext, person: Person, name: str, text: str) -> None:
    filters.read(text)
    with app.transaction() as tx:
        tx.saved_lists.save(person.id, name, text)


def drop_view(app: AppContext, person: Person, name: str) -> None:
    with app.transaction() as tx:
        tx.saved_lists.drop(person.id, name)


def view(app: AppContext, person: Person, name: str) -> str:
    with app.store.read() as tx:
        return tx.saved_lists.of(person.id).get(name, "")


def assign_all(app: AppContext, ids: Sequence[int], person: Person, to: str, request: str) -> int:
    def each(session: TicketSession) -> None:
        if not is_responder(app.person(to), session.phase):
            raise Refused(f"Only responders and leads of {session.phase.name} can own a ticket.", field="owner")
        if session.ticket.owner != to or session.is_escalating() or session.ticket.status is Status.RECEIVED:
            assign_in(session, to)

    return _all(app, ids, person, Action.ASSIGN, request, each, f"gave to <@{to}>")


def set_severity_all(app: AppContext, ids: Sequence[int], person: Person, to: Severity, request: str) -> int:
    def each(session: TicketSession) -> None:
        if session.ticket.severity is not to:
            session.apply(transitions.set_severity(session.ticket, to, "", by=person.id, at=session.at))
            session.page()

    return _all(app, ids, person, Action.SEVERITY, request, each, f"set to {to}")


def resolve_all(app: AppContext, ids: Sequence[int], person: Person, done: Solution, request: str) -> int:
    return _all(app, ids, person, Action.WORK, request, lambda session: resolve_in(session, done), "resolved")


def _all(
    app: AppContext,
    ids: Sequence[int],
    person: Person,
    action: Action,
    request: str,
    each: Callable[[TicketSession], None],
    did: str,
) -> int:
    """All of them in one transaction, or none; the team reads one message about it."""
    if not 0 < len(ids) <= MANY:
        raise Refused(f"That is not between one and {MANY} tickets.")
    with app.transaction(request) as tx:
        done: dict[int, tuple[Phase, list[Ticket]]] = {}
        for ticket_id in sorted(set(ids)):
            ticket = tx.tickets.lock(ticket_id)
            if ticket is None:
                raise Refused("One of these tickets does not exist.")
            phase = tx.phases.get(ticket.phase_id)
            require(person, action, ticket, phase)
            if not is_lead(person, phase):
                raise Refused("Changing many at once is for leads.")
            session = TicketSession(app, tx, phase, ticket, person, app.now())
            each(session)
            session.refresh()
            done.setdefault(phase.id, (phase, []))[1].append(session.ticket)
        for phase, tickets in done.values():
            lane = tx.outbox.lane(f"bulk:{request}"[:80], phase.triage_channel)
            tx.outbox.post(lane, lines.many(person.id, did, [t for t in tickets if not t.private]), at=app.now())
    return len(set(ids))


def _found(
    tx: Transaction, app: AppContext, asked: Filter, person: Person, channel: str, *, skip: int, limit: int
) -> list[Ticket]:
    phases = _here(tx.phases.all(), channel, asked.phase)
    return tx.lists.page(asked, phases, _reader(person, phases), app.now(), skip=skip, limit=limit)


def _here(phases: Sequence[Phase], channel: str, key: str) -> list[Phase]:
    """The phase that is named, else that of this channel, else all that are not over."""
    if key:
        if not (named := [p for p in phases if p.key == key]):
            raise Refused(f"There is no phase {key}; there is {', '.join(p.key for p in phases)}.")
        return named
    return [p for p in phases if channel in p.channels] or [p for p in phases if p.state is not PhaseState.EXITED]


def _reader(person: Person, phases: Sequence[Phase]) -> ListReader:
    led = tuple(p.id for p in phases if is_lead(person, p))
    return ListReader(id=person.id, leads=led, own_only=person.foreign)
