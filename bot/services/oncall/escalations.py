"""Escalations: the clock climbs, people who were called answer, and anybody may ask for one."""

from bot.context import AppContext
from bot.services.tickets.session import TicketSession, edit_ticket, lock_ticket
from domain.errors import Refused
from domain.oncall.escalation import Escalation, EscalationState
from domain.phases.permissions import Action, Person, may
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.oncall.escalations import Page
from storage.operations.timers import Timer
from storage.transaction import Transaction

ACKNOWLEDGE = "take"
ACCOUNT_DEACTIVATED = "their account is deactivated"  # in the words of whoever asks Slack
MAX_ACKNOWLEDGED = 2000  # taken at once


def run_due_step(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """What is due of one escalation; its ticket is asked again just before anything is said."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None:
        return
    escalation = session.escalation
    if escalation is None or escalation.id != timer.data["escalation"] or not escalation.is_live:
        return
    if not session.ticket.status.is_open:
        session.refresh()  # which ends it
        return
    session.climb(escalation)
    session.redraw()


def escalate(app: AppContext, ticket_id: int, person: Person, reason: str, request: str | None = None) -> Ticket:
    """Anybody who sees a ticket may ask for it, with a reason that the team reads."""
    if not reason:
        raise Refused("Please say why it cannot wait.", field="reason")
    with edit_ticket(app, ticket_id, person, Action.SEE, request) as session:
        if not session.ticket.status.is_open or session.ticket.status is Status.DEFERRED:
            raise Refused(f"{session.ticket.name} is {session.ticket.status}; please reopen it first.")
        session.log(EventKind.ESCALATED, why=reason)
        session.escalate(reason)
    return session.ticket


def record_warning(app: AppContext, tx: Transaction, page: Page, warning: str) -> None:
    """What Slack says against a call is said beside the card; somebody who is gone is passed over."""
    session = lock_ticket(app, tx, page.ticket_id)
    fresh = tx.escalations.mark_checked([page.id], app.now(), warning)
    if not fresh or not warning or session is None:
        return
    escalation = session.escalation
    if escalation is None or escalation.id != page.escalation_id or not escalation.is_live:
        return
    session.warn(page.person, warning, gone=warning == ACCOUNT_DEACTIVATED)
    session.refresh()


def decline(app: AppContext, escalation_id: int, person: Person, request: str | None = None) -> Ticket:
    """Somebody who was called, or has it, cannot take it."""
    ticket_id = _get_live(app, escalation_id).ticket_id
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        if not session.pass_on():
            raise Refused("You said so before; the next ones are called when it is their turn.")
    return session.ticket


def snooze(app: AppContext, escalation_id: int, person: Person, request: str | None = None) -> Ticket:
    """In a quarter of an hour; whoever asks for that has it meanwhile."""
    with edit_ticket(app, _get_live(app, escalation_id).ticket_id, person, Action.WORK, request) as session:
        session.snooze()
    return session.ticket


def confirm_owner(app: AppContext, escalation_id: int, person: Person, request: str | None = None) -> Ticket:
    """The answer to whether they still have it."""
    with edit_ticket(app, _get_live(app, escalation_id).ticket_id, person, Action.WORK, request) as session:
        session.claim()
    return session.ticket


def list_waiting_for(app: AppContext, person: Person) -> list[Ticket]:
    """What somebody is called for and nobody has yet, the newest first."""
    with app.store.read() as tx:
        waiting = tx.escalations.list_waiting_for(person.id)
        tickets = {ticket.id: ticket for ticket in tx.tickets.some([escalation.ticket_id for escalation in waiting])}
        return [tickets[escalation.ticket_id] for escalation in waiting]


def find_newest_for(app: AppContext, person: Person) -> Escalation | None:
    """The newest call to somebody that nobody answered."""
    with app.store.read() as tx:
        return next(iter(tx.escalations.list_waiting_for(person.id, 1)), None)


def acknowledge_all(app: AppContext, person: Person, request: str | None = None) -> int:
    """Everything that somebody was called for is theirs, one after the other; how many there are."""
    with app.transaction(request) as tx:
        waiting = tx.escalations.list_waiting_for(person.id, MAX_ACKNOWLEDGED)
        for escalation in waiting:
            key, data = f"{ACKNOWLEDGE}:{escalation.id}", {"person": person.id}
            tx.timers.once(key, ACKNOWLEDGE, app.now(), ticket_id=escalation.ticket_id, data=data)
    return len(waiting)


def acknowledge_one(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """One of them, if nobody was faster."""
    ticket = tx.tickets.lock(timer.ticket_id) if timer.ticket_id else None
    person = app.person(str(timer.data["person"]))
    if ticket is None or not may(person, Action.WORK, ticket, phase := tx.phases.get(ticket.phase_id)):
        return
    session = TicketSession(app, tx, phase, ticket, person, app.now())
    if session.is_escalating():
        session.claim()
        session.refresh()


def _get_live(app: AppContext, escalation_id: int) -> Escalation:
    with app.store.read() as tx:
        found = tx.escalations.find(escalation_id)
        ticket = tx.tickets.get(found.ticket_id) if found else None
    if found is None or ticket is None:
        raise Refused("This escalation does not exist.")
    if found.state is EscalationState.ENDED:
        raise Refused(f"That is over: {ticket.name} is {ticket.status}.")
    return found
