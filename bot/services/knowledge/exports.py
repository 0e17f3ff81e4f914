"""What the knowledge base adds to the app: the check of every Monday."""

from bot.context import TimerHandler
from bot.services.knowledge import reviews

TIMERS = {reviews.KIND: TimerHandler(reviews.check)}
PLANS = (reviews.plan,)
