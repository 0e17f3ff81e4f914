"""What actions add to the app: the reminders of every morning."""

from bot.context import TimerHandler
from bot.services.actions import planning, reminders

TIMERS = {planning.KIND: TimerHandler(reminders.check)}
PLANS = (planning.plan,)
