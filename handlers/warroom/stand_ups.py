"""The button and the form of a stand-up."""

from bot.context import AppContext
from bot.services.warroom import stand_ups
from bot.views.warroom import stand_ups as views
from handlers.request import Answer, OpenModal, Request


def open_form(app: AppContext, call: Request) -> Answer:
    return OpenModal(stand_ups.open_form(app, call.person, call.number or 0))


def save(app: AppContext, call: Request) -> Answer:
    answer_id, said = views.read_form(call.view)
    stand_ups.answer(app, call.person, answer_id, said, call.request)
    return None


ACTIONS = {views.ANSWER: open_form}
VIEWS = {views.ANSWER: save}
