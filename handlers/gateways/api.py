"""`/hypercare api`: what came through the API gateway lately."""

from bot.context import AppContext
from bot.services.gateways import audit, overview
from bot.views.gateways import anomalies
from bot.views.gateways import api as views
from handlers.intake import report
from handlers.request import Answer, Handler, Reply, Request

AUDIT = "audit"


def page(app: AppContext, call: Request) -> Answer:
    """`api [PAY] [1h | 6h | 24h | audit]`, or the button with these words."""
    words = (call.value or call.text).split()
    if words and words[-1].lower() == AUDIT:
        return Reply(audit.page(app, call.person, call.channel, words[:-1]))
    return Reply(overview.page(app, call.person, call.channel, words))


def propose(app: AppContext, call: Request) -> Answer:
    """The button beside what stands out: the report form with it."""
    key, _, words = call.value.partition(" ")
    return report.with_words(app, call, key, words)


COMMANDS: dict[str, Handler] = {"api": page}
ACTIONS: dict[str, Handler] = {views.SHOW: page, anomalies.PROPOSE: propose}
