"""What war rooms add to the app: they follow each change of their ticket."""

from bot.services.warroom import war_rooms

CONSEQUENCES = (war_rooms.update_room,)
