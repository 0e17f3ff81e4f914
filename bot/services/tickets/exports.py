"""What tickets add to the app: the priority and the card after each change, and priorities that fade at night."""

from bot.context import TimerHandler
from bot.services.tickets import fading

TIMERS = {fading.KIND: TimerHandler(fading.fade_some)}
STARTS = (fading.set_up,)
