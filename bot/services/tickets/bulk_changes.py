"""Changing many tickets at once, all of them or none."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bot.context import AppContext
from bot.services.tickets.session import TicketSession
from bot.services.tickets.work import assign_in
from bot.views.tickets import posts
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.phases.permissions import NO_SUCH_TICKET, Action, Person, is_lead, is_responder, require
from domain.phases.phase import Phase
from domain.tickets import transitions
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket

MAX_TICKETS = 100  # changed in one go


def assign_all(app: AppContext, ids: Sequence[int], person: Person, to: str, request: str, why: str = "") -> int:
    """Give all tickets to one owner; the reason is in each ticket's log and in the message to the team."""

    def each(session: TicketSession) -> None:
        if not is_responder(app.known_person(session.tx, to), session.phase):
            raise Refused(f"Only responders and leads of {session.phase.name} can own a ticket.", field="owner")
        if session.ticket.owner != to or session.is_escalating() or session.ticket.status is Status.RECEIVED:
            assign_in(session, to, why)

    return edit_many(app, ids, person, Action.ASSIGN, request, each, partial(posts.bulk_assigned, person.id, to, why))


def set_severity_all(app: AppContext, ids: Sequence[int], person: Person, to: Severity, request: str) -> int:
    def each(session: TicketSession) -> None:
        if session.ticket.severity is not to:
            session.apply(transitions.set_severity(session.ticket, to, "", by=person.id, at=session.at))
            session.request_responder()

    return edit_many(app, ids, person, Action.SEVERITY, request, each, partial(posts.bulk_severity, person.id, to))


def edit_many(
    app: AppContext,
    ids: Sequence[int],
    person: Person,
    action: Action,
    request: str,
    each: Callable[[TicketSession], None],
    notice: Callable[[Sequence[Ticket]], dict[str, Any]],
) -> int:
    """Change all tickets in one transaction, or none; return how many.

    `notice` makes the one message that each phase's team reads. Refused when one of them may not be changed.
    """
    if not 0 < len(ids) <= MAX_TICKETS:
        raise Refused(f"Choose between 1 and {MAX_TICKETS} tickets.")
    now = app.now()
    with app.transaction(request) as tx:
        done: dict[int, tuple[Phase, list[Ticket]]] = {}
        held = tx.tickets.lock_tickets(set(ids))
        for ticket_id in sorted(set(ids)):
            ticket = held.get(ticket_id)
            if ticket is None:
                raise Refused(NO_SUCH_TICKET)
            phase = tx.phases.get(ticket.phase_id)
            require(person, action, ticket, phase)
            if not is_lead(person, phase):
                raise Refused("Only leads can change many tickets at once.")
            session = TicketSession(app, tx, phase, ticket, person, now)
            each(session)
            session.finish()
            done.setdefault(phase.id, (phase, []))[1].append(session.ticket)
        for phase, tickets in done.values():
            lane = tx.outbox.lane(lane_name(LaneKind.BULK, request)[:80], phase.triage_channel)
            if public := [ticket for ticket in tickets if not ticket.private]:
                tx.outbox.post(lane, notice(public), at=now)
    return len(set(ids))
