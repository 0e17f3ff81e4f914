"""What actions add to the app: the reminders of every morning."""

from bot.context import TimerHandler
from bot.services.actions import reminders

TIMERS = {reminders.KIND: TimerHandler(reminders.check)}
PLANS = (reminders.plan,)
