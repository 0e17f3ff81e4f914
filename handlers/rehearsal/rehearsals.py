"""`/hypercare rehearse`, its form, and the button with which a person on call answers."""

from bot.context import AppContext
from bot.services.rehearsal import rehearsals
from bot.views import form
from bot.views.rehearsal import rehearsals as views
from handlers.request import Answer, Handler, OpenModal, Request, reply


def rehearse(app: AppContext, call: Request) -> Answer:
    return OpenModal(rehearsals.open_form(app, call.person, call.channel, call.text.strip()))


def start(app: AppContext, call: Request) -> Answer:
    return OpenModal(rehearsals.start(app, call.person, form.word(call.view, "phase"), call.request))


def answer(app: AppContext, call: Request) -> Answer:
    rehearsals.answer(app, call.person, call.number or 0)
    return reply("Thanks. Your answer counts.")


COMMANDS: dict[str, Handler] = {"rehearse": rehearse}
ACTIONS: dict[str, Handler] = {views.HERE: answer}
VIEWS: dict[str, Handler] = {views.START: start}
