"""The pitfall monitor, for leads."""

from bot.desk import Desk
from bot.services import pitfalls
from handlers.call import Answer, Call, Say


def page(desk: Desk, call: Call) -> Answer:
    return Say(pitfalls.page(desk, call.person, call.channel, call.text.split()))


COMMANDS = {"pitfalls": page}
