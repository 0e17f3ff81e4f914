"""Changing many tickets at once, all of them or none."""

from collections.abc import Callable, Sequence

from bot.context import AppContext
from bot.services.tickets.session import TicketSession
from bot.services.tickets.work import assign_in
from bot.views.tickets import lines
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.phases.permissions import Action, Person, is_lead, is_responder, require
from domain.phases.phase import Phase
from domain.tickets import transitions
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket

MAX_TICKETS = 100  # that are changed together


def assign_all(app: AppContext, ids: Sequence[int], person: Person, to: str, request: str) -> int:
    def each(session: TicketSession) -> None:
        if not is_responder(app.person(to), session.phase):
            raise Refused(f"Only responders and leads of {session.phase.name} can own a ticket.", field="owner")
        if session.ticket.owner != to or session.is_escalating() or session.ticket.status is Status.RECEIVED:
            assign_in(session, to)

    return edit_many(app, ids, person, Action.ASSIGN, request, each, f"gave to <@{to}>")


def set_severity_all(app: AppContext, ids: Sequence[int], person: Person, to: Severity, request: str) -> int:
    def each(session: TicketSession) -> None:
        if session.ticket.severity is not to:
            session.apply(transitions.set_severity(session.ticket, to, "", by=person.id, at=session.at))
            session.request_responder()

    return edit_many(app, ids, person, Action.SEVERITY, request, each, f"set to {to}")


def edit_many(
    app: AppContext,
    ids: Sequence[int],
    person: Person,
    action: Action,
    request: str,
    each: Callable[[TicketSession], None],
    done_words: str,
) -> int:
    """All of them in one transaction, or none; the team reads one message about it."""
    if not 0 < len(ids) <= MAX_TICKETS:
        raise Refused(f"That is not between one and {MAX_TICKETS} tickets.")
    with app.transaction(request) as tx:
        done: dict[int, tuple[Phase, list[Ticket]]] = {}
        for ticket_id in sorted(set(ids)):
            ticket = tx.tickets.lock_ticket(ticket_id)
            if ticket is None:
                raise Refused("One of these tickets does not exist.")
            phase = tx.phases.get(ticket.phase_id)
            require(person, action, ticket, phase)
            if not is_lead(person, phase):
                raise Refused("Changing many at once is for leads.")
            session = TicketSession(app, tx, phase, ticket, person, app.now())
            each(session)
            session.finish()
            done.setdefault(phase.id, (phase, []))[1].append(session.ticket)
        for phase, tickets in done.values():
            lane = tx.outbox.lane(lane_name(LaneKind.BULK, request)[:80], phase.triage_channel)
            tx.outbox.post(lane, lines.many(person.id, done_words, [t for t in tickets if not t.private]), at=app.now())
    return len(set(ids))
