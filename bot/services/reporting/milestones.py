"""Milestones of tickets that have none or old ones: a release that knew nothing of them wrote the ticket."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.sla.deadlines import measure
from domain.schedule import NIGHTLY
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "measure"
FEW = 30  # tickets in one transaction
RECENT = timedelta(days=3)  # with some to spare, should a night be missed
PAUSE = timedelta(milliseconds=50)  # in which others get their turn


def set_up(app: AppContext, tx: Transaction) -> None:
    """All of them, once; then every night what changed, since a process of the release before may have done that."""
    if not tx.timers.is_known(KIND):
        tx.timers.once(f"{KIND}:more", KIND, app.now(), data={"all": True})
    tx.timers.plan(KIND, KIND, NIGHTLY, app.now())


def is_behind(tx: Transaction) -> bool:
    """Whether there are tickets of which no figure knows yet."""
    return tx.timers.find(f"{KIND}:more") is not None and bool((tx.timers.data(f"{KIND}:more") or {}).get("all"))


def catch_up(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """A few of them, and then the next few."""
    start = int(timer.data.get("from", 0))
    everything, recent = bool(timer.data.get("all")), app.now() - RECENT
    found = tx.milestones.list_missing(start, FEW) if everything else tx.milestones.list_changed(recent, start, FEW)
    for ticket_id in found:
        ticket = tx.tickets.lock(ticket_id)
        if ticket:
            measure(tx, ticket, tx.phases.get(ticket.phase_id), tx.tickets.events(ticket.id))
    if len(found) == FEW:
        tx.timers.once(f"{KIND}:more", KIND, app.now() + PAUSE, data={**timer.data, "from": found[-1]})
