"""Drawing the App Home when a person opens it."""

from bot.context import AppContext
from bot.services.home.homes import open_home
from handlers.request import Answer, Request


def opened(app: AppContext, call: Request) -> Answer:
    if call.payload.get("tab", "home") == "home":
        open_home(app, call.person)
    return None


EVENTS = {"app_home_opened": opened}
