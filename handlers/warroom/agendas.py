"""The command that shows the agenda."""

from bot.context import AppContext
from bot.services.warroom import agendas
from handlers.request import Answer, Reply, Request


def show(app: AppContext, call: Request) -> Answer:
    return Reply(agendas.show(app, call.person, call.channel, call.text.split()))


COMMANDS = {"agenda": show}
