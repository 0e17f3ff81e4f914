"""Drawing the App Home when a person opens it, and what they choose from its menu."""

from dataclasses import replace

from bot.context import AppContext
from bot.services.home.homes import find_channel, open_home
from bot.views import form
from bot.views.home import tools as views
from bot.views.home.tools import Tool
from domain.errors import Refused
from handlers.request import Answer, Handler, OpenModal, Request


def opened(app: AppContext, call: Request) -> Answer:
    if call.payload.get("tab", "home") == "home":
        open_home(app, call.person)
    return None


def go(app: AppContext, call: Request) -> Answer:
    """Do what was chosen, after the words that it asks for."""
    key, tool = _chosen(call.value)
    return OpenModal(views.words_form(tool, key)) if tool.asks else _run(app, call, key, tool, "")


def go_with_words(app: AppContext, call: Request) -> Answer:
    key, tool = _chosen(form.word(call.view, views.GO))
    return _run(app, call, key, tool, views.read_words(call.view, tool))


def _chosen(value: str) -> tuple[str, Tool]:
    key, _, typed = value.partition(":")
    if typed not in views.BY_TYPED:
        raise Refused("Hypercare no longer offers this. Open the App Home again.")
    return key, views.BY_TYPED[typed]


def _run(app: AppContext, call: Request, key: str, tool: Tool, words: str) -> Answer:
    """Do what the command does where it is typed in the triage channel of the phase."""
    text = " ".join(filter(None, (tool.typed.partition(" ")[2], words)))
    typed = replace(call, text=text, said=text, value="", channel=find_channel(app, key))
    return call.commands[tool.verb](app, typed)


EVENTS: dict[str, Handler] = {"app_home_opened": opened}
ACTIONS: dict[str, Handler] = {views.GO: go}
VIEWS: dict[str, Handler] = {views.GO: go_with_words}
