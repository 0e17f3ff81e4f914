"""What tickets add to the app: priorities that fade at night."""

from bot.context import TimerHandler
from bot.services.tickets import fading

TIMERS = {fading.KIND: TimerHandler(fading.fade_some)}
STARTS = (fading.set_up,)
