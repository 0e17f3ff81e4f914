"""What the API adds to the app: programs that are told of a change."""

from bot.services.api import webhooks

CONSEQUENCES = (webhooks.queue_events,)
