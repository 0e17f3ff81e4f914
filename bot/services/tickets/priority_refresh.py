"""The nightly refresh of priorities, since the frequency of a problem decreases as time passes."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.tickets import priority
from bot.services.tickets.session import TicketSession
from domain.phases.permissions import Person
from domain.schedule import NIGHTLY
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "priorities"
BATCH = 100  # tickets in one transaction


def set_up(app: AppContext, tx: Transaction) -> None:
    """Set the nightly timer."""
    tx.timers.set_recurring(KIND, KIND, NIGHTLY, app.now())


def refresh_priorities(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Refresh the priority of a batch of tickets that happened lately, and set a timer for the next batch."""
    now, start = app.now(), int(timer.data.get("from", 0))
    found = tx.affected.list_recent_tickets(
        now - 2 * priority.WINDOW, start, BATCH
    )  # twice the window, in case a night was missed
    for ticket_id in found:
        ticket = tx.tickets.lock_ticket(ticket_id)
        if ticket and ticket.status.is_open:
            _refresh(TicketSession(app, tx, tx.phases.get(ticket.phase_id), ticket, Person(""), now))
    if len(found) == BATCH:
        tx.timers.set_once(f"{KIND}:more", KIND, now + timedelta(seconds=1), data={"from": found[-1]})


def _refresh(session: TicketSession) -> None:
    """Refresh the priority, and the card only where the difference can be seen."""
    ranked = priority.refresh_priority(session.tx, session.ticket, session.phase, session.at)
    if round(ranked.priority) != round(session.ticket.priority):
        session.finish()
