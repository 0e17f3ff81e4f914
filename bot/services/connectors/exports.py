"""What connectors add to the app: what trackers have to know of a change."""

from bot.services.connectors import outgoing

CONSEQUENCES = (outgoing.queue_changes,)
