"""What sessions with users add to the app: the timer of each."""

from bot.context import TimerHandler
from bot.services.sessions import reminders

TIMERS = {reminders.KIND: TimerHandler(reminders.on_timer)}
