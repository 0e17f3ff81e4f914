"""Escalations: due steps, answers of the people who were paged, and escalations that a person requests."""

from bot.context import AppContext
from bot.services.oncall.escalation_runner import get_runner
from bot.services.tickets.session import TicketSession, edit_ticket, lock_ticket, require_ticket
from domain.errors import Refused
from domain.oncall.escalation import Escalation, EscalationState
from domain.phases.permissions import Action, Person, is_responder, may
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.oncall.escalations import Page
from storage.operations.timers import Timer
from storage.transaction import Transaction

ACKNOWLEDGE = "acknowledge"
ACCOUNT_DEACTIVATED = "Their account is deactivated."  # compared by record_warning
MAX_ACKNOWLEDGED = 2000  # with one press of a button


def run_due_step(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Take what is due of one escalation, if its ticket is still open."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None:
        return
    runner = get_runner(session)
    escalation = runner.current
    if escalation is None or escalation.id != timer.data["escalation"] or not escalation.is_live:
        return
    if not session.ticket.status.is_open:
        session.finish()  # which ends it
        return
    runner.run(escalation)
    if session.has_logged:
        session.finish()
    else:  # only what shows the escalation has changed
        runner.update_cards()
        session.note_home_change()


def escalate(app: AppContext, ticket_id: int, person: Person, reason: str, request: str | None = None) -> Ticket:
    """Escalate a ticket on request; everyone who may see it can do so, with a reason that the team reads."""
    if not reason:
        raise Refused("Enter why this can't wait.", field="reason")
    with edit_ticket(app, ticket_id, person, Action.SEE, request) as session:
        if not session.ticket.status.is_open or session.ticket.status is Status.DEFERRED:
            raise Refused(
                f"{session.ticket.name} is {session.ticket.status.label}, so it can't be escalated. Reopen it first."
            )
        if not is_responder(session.person, session.phase) and _is_unanswered(session):
            raise Refused(
                f"{session.ticket.name} is already escalated, and people are being paged until one takes it.",
                field="reason",
            )
        session.log(EventKind.ESCALATED, why=reason)
        get_runner(session).escalate(reason)
    return session.ticket


def _is_unanswered(session: TicketSession) -> bool:
    """Return whether a person outside the team escalated the ticket, and no one of the team has acted since."""
    waits = False
    for event in session.list_events():
        if is_responder(Person(event.actor), session.phase):
            waits = False
        elif event.kind is EventKind.ESCALATED:
            waits = True
    return waits


def record_warning(app: AppContext, tx: Transaction, page: Page, warning: str) -> None:
    """Record whether a page reaches a person, and post a warning; a deactivated account counts as "can't take it"."""
    session = lock_ticket(app, tx, page.ticket_id)
    fresh = tx.escalations.mark_checked([page.id], app.now(), warning)
    if not fresh or not warning or session is None:
        return
    runner = get_runner(session)
    escalation = runner.current
    if escalation is None or escalation.id != page.escalation_id or not escalation.is_live:
        return
    runner.warn(page.person, warning, is_gone=warning == ACCOUNT_DEACTIVATED)
    session.finish()


def decline(app: AppContext, escalation_id: int, person: Person, request: str | None = None) -> Ticket:
    """Record that a person who was paged, or owns the ticket, can't take it."""
    with edit_ticket(app, _ticket_of(app, escalation_id, person), person, Action.WORK, request) as session:
        if not get_runner(session).decline():
            raise Refused("You already said that you can't take it. The next people are paged as planned.")
    return session.ticket


def snooze(app: AppContext, escalation_id: int, person: Person, request: str | None = None) -> Ticket:
    """Pause paging for 15 minutes; the ticket stays as it is meanwhile."""
    with edit_ticket(app, _ticket_of(app, escalation_id, person), person, Action.WORK, request) as session:
        get_runner(session).snooze()
    return session.ticket


def confirm_owner(app: AppContext, escalation_id: int, person: Person, request: str | None = None) -> Ticket:
    """Record that the owner is still working on it."""
    with edit_ticket(app, _ticket_of(app, escalation_id, person), person, Action.WORK, request) as session:
        session.claim()
    return session.ticket


def list_waiting_for(app: AppContext, person: Person) -> list[Ticket]:
    """Return the unassigned tickets that a person was paged for, newest first."""
    with app.store.read() as tx:
        waiting = tx.escalations.list_waiting_for(person.id)
        tickets = {
            ticket.id: ticket for ticket in tx.tickets.list_by_ids([escalation.ticket_id for escalation in waiting])
        }
        return [tickets[escalation.ticket_id] for escalation in waiting]


def find_newest_for(app: AppContext, person: Person) -> Escalation | None:
    """Return the newest escalation that a person was paged for and that has no owner; None without one."""
    with app.store.read() as tx:
        return next(iter(tx.escalations.list_waiting_for(person.id, 1)), None)


def acknowledge_all(app: AppContext, person: Person, request: str | None = None) -> int:
    """Plan to acknowledge every ticket that a person was paged for, one transaction each, and return how many."""
    with app.transaction(request) as tx:
        waiting = tx.escalations.list_waiting_for(person.id, MAX_ACKNOWLEDGED)
        for escalation in waiting:
            key, data = f"{ACKNOWLEDGE}:{escalation.id}", {"person": person.id}
            tx.timers.set_once(key, ACKNOWLEDGE, app.now(), ticket_id=escalation.ticket_id, data=data)
    return len(waiting)


def acknowledge_one(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Acknowledge one of them, unless it has an owner by now."""
    ticket = tx.tickets.lock_ticket(timer.ticket_id) if timer.ticket_id else None
    person = app.known_person(tx, str(timer.data["person"]))
    if ticket is None or not may(person, Action.WORK, ticket, phase := tx.phases.get(ticket.phase_id)):
        return
    session = TicketSession(app, tx, phase, ticket, person, app.now())
    if session.is_escalating():
        session.claim()
        session.finish()


def _ticket_of(app: AppContext, escalation_id: int, person: Person) -> int:
    """Return the ticket of an escalation that is not over, for a person who may work on it."""
    with app.store.read() as tx:
        found = tx.escalations.find(escalation_id)
        known = tx.tickets.find_ticket(found.ticket_id) if found else None
        ticket, _, _ = require_ticket(app, tx, known, person, Action.WORK)
    if found and found.state is EscalationState.ENDED:
        raise Refused(f"This escalation is over: {ticket.name} is {ticket.status.label}.")
    return ticket.id
