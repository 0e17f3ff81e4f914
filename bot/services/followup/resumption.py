"""Timers of follow-up, set again from a ticket's status: after an unmerge, and after an upgrade."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.followup import deferral, pending_replies, verification, waiting
from bot.services.tickets.session import TicketSession, lock_ticket
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "resumption"
BATCH = 100  # tickets in one transaction
PAUSE = timedelta(milliseconds=50)
MAX_FIX_AGE = timedelta(days=7)  # reporters are not asked about fixes older than that


def resume(session: TicketSession) -> None:
    """Set the timer of the return, of the review, or of the next reminder."""
    ticket = session.ticket
    match ticket.status:
        case Status.DEFERRED:
            deferral.plan_return(session)
        case Status.WAITING:
            pending_replies.schedule_check(session, waiting.KIND, 0, session.at)
        case Status.RESOLVED if (
            not ticket.unconfirmed and session.at - (session.find_last(EventKind.RESOLVED) or session.at) < MAX_FIX_AGE
        ):
            pending_replies.schedule_check(session, verification.KIND, 0, session.at)


def set_up(app: AppContext, tx: Transaction) -> None:
    """Set the timer that catches up with tickets of an earlier release, once."""
    if not tx.timers.exists(KIND):
        tx.timers.set_once(KIND, KIND, app.now())


def catch_up(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Set missing timers for a batch of tickets, and a timer for the next batch."""
    start = int(timer.data.get("from", 0))
    found = tx.tickets.list_waiting_ids(start, app.now() - MAX_FIX_AGE, BATCH)
    for ticket_id in found:
        keys = (f"{kind}:{ticket_id}" for kind in (deferral.RETURN, deferral.REVIEW, waiting.KIND, verification.KIND))
        session = lock_ticket(app, tx, ticket_id)
        if session and not any(tx.timers.find_next(key) for key in keys):
            resume(session)
    if len(found) == BATCH:
        tx.timers.set_once(f"{KIND}:more", KIND, app.now() + PAUSE, data={"from": found[-1]})
