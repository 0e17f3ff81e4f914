"""What connectors add to the app: what trackers have to know of a change."""

from bot.context import TimerHandler
from bot.services.connectors import outgoing, subtasks

CONSEQUENCES = (outgoing.queue_changes, subtasks.queue_actions)
TIMERS = {outgoing.RETRY: TimerHandler(outgoing.retry_refused)}
PHASE_CHANGES = (outgoing.plan_retry,)
