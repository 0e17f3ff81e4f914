"""When actions are looked at: every morning, and after a phase has ended while some of its actions go on."""

from datetime import time, timedelta

from bot.context import AppContext
from bot.services.phases.planning import timer_key
from domain.phases.phase import Phase
from domain.schedule import WEEKDAYS, Schedule
from storage.transaction import Transaction

KIND = "action_check"
CHECK_TIME = time(8, 45)
CATCH_UP = timedelta(hours=8)


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Plan the check of every morning while the phase is active, or has ended with actions that go on."""
    key = timer_key(KIND, phase, "daily")
    if phase.is_active or (phase.ended_at and any(one.kind.outlives_phase for one in tx.actions.list_open(phase.id))):
        schedule = Schedule.weekly(WEEKDAYS, CHECK_TIME, phase.timezone, CATCH_UP)
        tx.timers.set_recurring(key, KIND, schedule, app.now(), data={"phase": phase.id, KIND: "daily"})
    else:
        tx.timers.cancel(key)
