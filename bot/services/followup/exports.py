"""What follow-up adds to the app: deferral, questions, promises, confirmations and the weekly note."""

from datetime import time

from bot.context import AppContext, TimerHandler
from bot.services.followup import (
    deferral,
    notes,
    promise_deadlines,
    promises,
    resumption,
    verification,
    waiting,
    workarounds,
)
from bot.services.phases.planning import CATCH_UP, set_schedule
from domain.phases.phase import Phase
from domain.schedule import Schedule
from storage.transaction import Transaction

NOTE = "weekly_note"
TIMERS = {
    deferral.RETURN: TimerHandler(deferral.return_deferred),
    deferral.REVIEW: TimerHandler(deferral.review_deferred),
    verification.KIND: TimerHandler(verification.on_timer, is_heavy=True),
    waiting.KIND: TimerHandler(waiting.on_timer, is_heavy=True),
    promise_deadlines.KIND: TimerHandler(promises.on_timer, is_heavy=True),
    NOTE: TimerHandler(notes.on_timer),
    resumption.KIND: TimerHandler(resumption.catch_up),
}
STARTS = (resumption.set_up,)


def plan_note(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Set the timer of the weekly note to reporters."""
    schedule = None
    if phase.followup.weekly_note != "never":
        day, at = phase.followup.weekly_note.split()
        schedule = Schedule.weekly((day,), time.fromisoformat(at), phase.timezone, CATCH_UP)
    set_schedule(tx, phase, app, NOTE, "weekly", schedule)


CONSEQUENCES = (promise_deadlines.update_promises, workarounds.update_workarounds)
PLANS = (plan_note,)
