"""What SLA adds to the app: warnings before a target is missed, and new deadlines when a phase changes."""

from bot.context import TimerHandler
from bot.services.sla import deadlines, reminders

TIMERS = {
    deadlines.KIND: TimerHandler(reminders.remind, is_heavy=True),
    reminders.RECALCULATE: TimerHandler(reminders.recalculate),
}
CONSEQUENCES = (deadlines.update_deadlines,)
STARTS = (reminders.set_up,)
PHASE_CHANGES = (reminders.schedule_recalculation,)
