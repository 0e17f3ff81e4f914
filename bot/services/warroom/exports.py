"""What war rooms add to the app: they follow each change of their ticket, agendas and stand-ups."""

from bot.context import TimerHandler
from bot.services.warroom import agendas, stand_ups, war_rooms

TIMERS = {agendas.KIND: TimerHandler(agendas.post), stand_ups.KIND: TimerHandler(stand_ups.check)}
PLANS = (agendas.plan, stand_ups.plan)
CONSEQUENCES = (war_rooms.update_war_room,)
