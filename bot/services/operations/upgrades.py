"""What a ticket waits for by the clock, set anew from where it stands: taken out of another one, or upgraded."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.followup import deferral, owing, verification, waiting
from bot.services.tickets.opening import held
from bot.services.tickets.session import Case
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "resume"
FEW = 100  # tickets in one transaction
PAUSE = timedelta(milliseconds=50)
ASKED = timedelta(days=7)  # whether it helped is not asked of what was resolved before that


def resume(case: Case) -> None:
    """Its return, its review, or the next time that somebody who owes an answer is asked."""
    ticket = case.ticket
    match ticket.status:
        case Status.DEFERRED:
            deferral.plan(case)
        case Status.WAITING:
            owing.plan(case, waiting.KIND, 0, case.at)
        case Status.RESOLVED if not ticket.unconfirmed and case.at - (case.last(EventKind.RESOLVED) or case.at) < ASKED:
            owing.plan(case, verification.KIND, 0, case.at)


def set_up(app: AppContext, tx: Transaction) -> None:
    """Once: the tickets of a release before."""
    if not tx.timers.is_known(KIND):
        tx.timers.once(KIND, KIND, app.now())


def catch_up(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """A few of those for whom nothing is set, and then the next few."""
    start = int(timer.data.get("from", 0))
    found = tx.tickets.waiting_after(start, app.now() - ASKED, FEW)
    for ticket_id in found:
        keys = (f"{kind}:{ticket_id}" for kind in (deferral.RETURN, deferral.REVIEW, waiting.KIND, verification.KIND))
        case = held(app, tx, ticket_id)
        if case and not any(tx.timers.find(key) for key in keys):
            resume(case)
    if len(found) == FEW:
        tx.timers.once(f"{KIND}:more", KIND, app.now() + PAUSE, data={"from": found[-1]})
