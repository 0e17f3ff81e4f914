"""The answer to the question about load."""

from bot.context import Desk
from bot.services.oncall import capacity
from handlers.request import Answer, Call, Handler, Say, say


def decide(desk: Desk, call: Call) -> Answer:
    phase_id, _, choice = call.value.partition(":")
    if not phase_id.isdecimal():
        return say("This question is out of date.")
    return Say(capacity.decide(desk, call.person, int(phase_id), choice, call.request), replace=True)


ACTIONS: dict[str, Handler] = {"capacity": decide}
