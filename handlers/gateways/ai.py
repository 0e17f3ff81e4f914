"""`/hypercare ai`: calls, cost and times of models, and versions of prompts compared."""

from bot.context import AppContext
from bot.services.gateways import ai
from bot.views.gateways import ai as views
from handlers.request import Answer, Handler, Reply, Request


def page(app: AppContext, call: Request) -> Answer:
    """`ai [PAY] [24h | 7d | 28d]`, or the button with these words."""
    return Reply(ai.page(app, call.person, call.channel, (call.value or call.text).split()))


COMMANDS: dict[str, Handler] = {"ai": page}
ACTIONS: dict[str, Handler] = {views.SHOW: page}
