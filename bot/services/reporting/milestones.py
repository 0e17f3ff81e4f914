"""Calculate missing or outdated milestones of tickets that an older release has written."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.sla.deadlines import measure
from bot.services.tickets.session import TicketSession
from domain.phases.permissions import Person
from domain.schedule import NIGHTLY
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "milestones"
BATCH_SIZE = 30  # tickets in one transaction
RECENT = timedelta(days=3)  # in case a night is missed
PAUSE = timedelta(milliseconds=50)  # between batches, for other transactions


def set_up(app: AppContext, tx: Transaction) -> None:
    """Calculate all milestones once, and every night those of changed tickets (an older process may write them)."""
    if not tx.timers.exists(KIND):
        tx.timers.set_once(f"{KIND}:more", KIND, app.now(), data={"all": True})
    tx.timers.set_recurring(KIND, KIND, NIGHTLY, app.now())


def is_incomplete(tx: Transaction) -> bool:
    """Whether some tickets have no milestones yet."""
    return tx.timers.find_next(f"{KIND}:more") is not None and bool(
        (tx.timers.find_data(f"{KIND}:more") or {}).get("all")
    )


def catch_up(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Calculate the milestones of a batch of tickets, and schedule the next batch."""
    start = int(timer.data.get("from", 0))
    everything, recent = bool(timer.data.get("all")), app.now() - RECENT
    found = (
        tx.milestones.list_missing(start, BATCH_SIZE)
        if everything
        else tx.milestones.list_changed(recent, start, BATCH_SIZE)
    )
    for ticket_id in found:
        ticket = tx.tickets.lock_ticket(ticket_id)
        if ticket:
            measure(TicketSession(app, tx, tx.phases.get(ticket.phase_id), ticket, Person(app.bot_user), app.now()))
    if len(found) == BATCH_SIZE:
        tx.timers.set_once(f"{KIND}:more", KIND, app.now() + PAUSE, data={**timer.data, "from": found[-1]})
