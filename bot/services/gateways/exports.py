"""What gateways add to the app: what they know of a report on its card."""

from bot.services.gateways import knowledge

CONSEQUENCES = (knowledge.show_traffic,)
