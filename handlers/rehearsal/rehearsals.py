"""`/hypercare rehearse`, and the button with which a person on call answers."""

from bot.context import AppContext
from bot.services.rehearsal import rehearsals
from bot.views.rehearsal import rehearsals as views
from handlers.request import Answer, Handler, Reply, Request, reply


def start(app: AppContext, call: Request) -> Answer:
    return Reply(rehearsals.start(app, call.person, call.channel, call.text.strip(), call.request))


def answer(app: AppContext, call: Request) -> Answer:
    rehearsals.answer(app, call.person, call.number or 0)
    return reply("Thanks. Your answer counts.")


COMMANDS: dict[str, Handler] = {"rehearse": start}
ACTIONS: dict[str, Handler] = {views.HERE: answer}
