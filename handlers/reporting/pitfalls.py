"""The command for pitfalls."""

from bot.context import AppContext
from bot.services.reporting import pitfalls
from handlers.request import Answer, Reply, Request


def page(app: AppContext, call: Request) -> Answer:
    return Reply(pitfalls.page(app, call.person, call.channel, call.text.split()))


COMMANDS = {"pitfalls": page}
