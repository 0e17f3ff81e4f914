"""What Microsoft Teams adds to the app: cards about severe tickets."""

from bot.services.teams import posting

CONSEQUENCES = (posting.queue_news,)
