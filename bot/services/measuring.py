"""Milestones of tickets that have none: from before there were any, or written by a process of the release before."""

from datetime import timedelta

from bot.desk import Desk
from bot.services.levels import measure
from bot.services.upkeep import NIGHTLY
from storage.store import Tx
from storage.timers import Timer

KIND = "measure"
FEW = 200  # tickets in one transaction
RECENT = timedelta(days=3)  # with some to spare, should a night be missed
PAUSE = timedelta(milliseconds=200)  # in which others get their turn


def set_up(desk: Desk, tx: Tx) -> None:
    """All of them, once; then every night what a process of the release before has written meanwhile."""
    if not tx.timers.is_known(KIND):
        tx.timers.once(f"{KIND}:more", KIND, desk.now(), data={"all": True})
    tx.timers.plan(KIND, KIND, NIGHTLY, desk.now())


def catch_up(desk: Desk, tx: Tx, timer: Timer) -> None:
    """A few of them, and then the next few."""
    since = None if timer.data.get("all") else desk.now() - RECENT
    found = tx.milestones.missing(int(timer.data.get("from", 0)), FEW, since)
    for ticket_id in found:
        ticket = tx.tickets.lock(ticket_id)
        if ticket:
            measure(tx, ticket, tx.phases.get(ticket.phase_id), tx.tickets.events(ticket.id))
    if len(found) == FEW:
        tx.timers.once(f"{KIND}:more", KIND, desk.now() + PAUSE, data={**timer.data, "from": found[-1]})
