"""What operations add to the app: the nightly cleanup of what is past its retention period."""

from bot.context import TimerHandler
from bot.services.operations import maintenance

TIMERS = {maintenance.CLEAN_UP: TimerHandler(maintenance.clean_up)}
STARTS = (maintenance.set_up,)
