"""What rehearsals add to the app: the timer of each."""

from bot.context import TimerHandler
from bot.services.rehearsal import rehearsals

TIMERS = {rehearsals.KIND: TimerHandler(rehearsals.on_timer)}
