"""What tickets add to the app: the nightly refresh of priorities."""

from bot.context import TimerHandler
from bot.services.tickets import priority_refresh

TIMERS = {priority_refresh.KIND: TimerHandler(priority_refresh.refresh_priorities)}
STARTS = (priority_refresh.set_up,)
