"""What decisions add to the app: the look at triggers, and the time to decide."""

from bot.context import TimerHandler
from bot.services.decisions import decisions, triggers

TIMERS = {triggers.KIND: TimerHandler(triggers.check), decisions.KIND: TimerHandler(triggers.escalate)}
PLANS = (triggers.plan,)
