"""`/hypercare api`: what came through the API gateway lately."""

from bot.context import AppContext
from bot.services.gateways import overview
from bot.views.gateways import anomalies
from bot.views.gateways import api as views
from handlers.intake import report
from handlers.request import Answer, Handler, Reply, Request


def page(app: AppContext, call: Request) -> Answer:
    """`api [PAY] [1h | 6h | 24h]`, or the button with these words."""
    return Reply(overview.page(app, call.person, call.channel, (call.value or call.text).split()))


def propose(app: AppContext, call: Request) -> Answer:
    """The button beside what stands out: the report form with it."""
    key, _, words = call.value.partition(" ")
    return report.with_words(app, call, key, words)


COMMANDS: dict[str, Handler] = {"api": page}
ACTIONS: dict[str, Handler] = {views.SHOW: page, anomalies.PROPOSE: propose}
