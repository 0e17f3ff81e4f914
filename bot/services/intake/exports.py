"""What intake adds to the app: anonymous reports, opened some hours after they were written."""

from bot.context import TimerHandler
from bot.services.intake import anonymous

TIMERS = {anonymous.KIND: TimerHandler(anonymous.open_ticket)}
