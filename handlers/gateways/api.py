"""`/hypercare api`: what came through the API gateway lately."""

from bot.context import AppContext
from bot.services.gateways import overview
from bot.views.gateways import api as views
from handlers.request import Answer, Handler, Reply, Request


def page(app: AppContext, call: Request) -> Answer:
    """`api [PAY] [1h | 6h | 24h]`, or the button with these words."""
    return Reply(overview.page(app, call.person, call.channel, (call.value or call.text).split()))


COMMANDS: dict[str, Handler] = {"api": page}
ACTIONS: dict[str, Handler] = {views.SHOW: page}
