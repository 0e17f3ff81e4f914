"""The buttons of the capacity question."""

from bot.context import AppContext
from bot.services.oncall import capacity
from handlers.request import Answer, Handler, Reply, Request, reply


def decide(app: AppContext, call: Request) -> Answer:
    phase_id, _, choice = call.value.partition(":")
    if not phase_id.isdecimal():
        return reply("This question is no longer open.")
    return Reply(capacity.decide(app, call.person, int(phase_id), choice, call.request), replace=True)


ACTIONS: dict[str, Handler] = {"capacity": decide}
