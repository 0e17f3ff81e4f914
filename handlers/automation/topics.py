"""The button and the form with which people follow topics."""

from bot.context import AppContext
from bot.services.automation import topics
from bot.views.automation import topics as views
from bot.views.choices import phase_of
from handlers.request import Answer, Handler, OpenModal, Request


def open_form(app: AppContext, call: Request) -> Answer:
    return OpenModal(topics.open_form(app, call.person, call.value))


def save(app: AppContext, call: Request) -> Answer:
    phase = topics.FORM.find_phase(app, call.person, phase_of(call.view))
    topics.follow(app, call.person, phase.key, views.read_form(call.view, phase), call.request)
    return None


ACTIONS: dict[str, Handler] = {views.TOPICS: open_form}
VIEWS: dict[str, Handler] = {views.TOPICS: save}
