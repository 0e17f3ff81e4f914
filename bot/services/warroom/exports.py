"""What war rooms add to the app: they follow each change of their ticket, and the agenda of each day."""

from bot.context import TimerHandler
from bot.services.warroom import agendas, war_rooms

TIMERS = {agendas.KIND: TimerHandler(agendas.post)}
PLANS = (agendas.plan,)
CONSEQUENCES = (war_rooms.update_room,)
