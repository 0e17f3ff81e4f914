"""What a ticket waits for by the clock, set anew from where it stands: taken out of another one, or upgraded."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.followup import deferral, pending_replies, verification, waiting
from bot.services.tickets.session import TicketSession, lock_ticket
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "resumption"
FEW = 100  # tickets in one transaction
PAUSE = timedelta(milliseconds=50)
ASKED = timedelta(days=7)  # whether it helped is not asked of what was resolved before that


def resume(session: TicketSession) -> None:
    """Its return, its review, or the next time that somebody who owes an answer is asked."""
    ticket = session.ticket
    match ticket.status:
        case Status.DEFERRED:
            deferral.plan_return(session)
        case Status.WAITING:
            pending_replies.schedule_check(session, waiting.KIND, 0, session.at)
        case Status.RESOLVED if (
            not ticket.unconfirmed and session.at - (session.find_last(EventKind.RESOLVED) or session.at) < ASKED
        ):
            pending_replies.schedule_check(session, verification.KIND, 0, session.at)


def set_up(app: AppContext, tx: Transaction) -> None:
    """Once: the tickets of a release before."""
    if not tx.timers.exists(KIND):
        tx.timers.set_once(KIND, KIND, app.now())


def catch_up(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """A few of those for whom nothing is set, and then the next few."""
    start = int(timer.data.get("from", 0))
    found = tx.tickets.list_waiting_ids(start, app.now() - ASKED, FEW)
    for ticket_id in found:
        keys = (f"{kind}:{ticket_id}" for kind in (deferral.RETURN, deferral.REVIEW, waiting.KIND, verification.KIND))
        session = lock_ticket(app, tx, ticket_id)
        if session and not any(tx.timers.find_next(key) for key in keys):
            resume(session)
    if len(found) == FEW:
        tx.timers.set_once(f"{KIND}:more", KIND, app.now() + PAUSE, data={"from": found[-1]})
