"""What connectors add to the app: what trackers have to know of a change."""

from bot.services.connectors import outgoing, subtasks

CONSEQUENCES = (outgoing.queue_changes, subtasks.queue_actions)
