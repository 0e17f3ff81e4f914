"""The App Home is opened."""

from bot.context import Desk
from bot.services.home.homes import open_home
from handlers.request import Answer, Call


def opened(desk: Desk, call: Call) -> Answer:
    if call.payload.get("tab", "home") == "home":
        open_home(desk, call.person)
    return None


EVENTS = {"app_home_opened": opened}
