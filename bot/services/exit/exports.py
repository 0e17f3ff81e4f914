"""What the exit adds to the app: the check of every morning."""

from bot.context import TimerHandler
from bot.services.exit import daily

TIMERS = {daily.KIND: TimerHandler(daily.check)}
PLANS = (daily.plan,)
