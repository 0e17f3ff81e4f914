"""The pitfall monitor, for leads."""

from bot.context import Desk
from bot.services.reporting import pitfalls
from handlers.request import Answer, Call, Say


def page(desk: Desk, call: Call) -> Answer:
    return Say(pitfalls.page(desk, call.person, call.channel, call.text.split()))


COMMANDS = {"pitfalls": page}
