"""What operations add to the app: forgetting at night what is old, and timers of earlier releases."""

from bot.context import AppContext, TimerHandler
from bot.services.operations import maintenance
from domain.phases.phase import Phase
from storage.operations.timers import Timer
from storage.transaction import Transaction


def cancel_late(tx: Transaction, phase: Phase, _app: AppContext) -> None:
    """Cancel the list of overdue tickets, a timer of releases before there were digests."""
    tx.timers.cancel(f"late:{phase.id}")


def drop(_app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Cancel a timer that an earlier release planned and this one does not know."""
    tx.timers.cancel(timer.key)


TIMERS = {maintenance.CLEAN_UP: TimerHandler(maintenance.clean_up), "late": TimerHandler(drop)}
STARTS = (maintenance.set_up,)
PLANS = (cancel_late,)
