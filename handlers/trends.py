"""Trends, and the events of the system that they are held against."""

from zoneinfo import ZoneInfo

from dateutil.parser import ParserError, parse

from bot.desk import Desk
from bot.services import oncall, trends
from domain.errors import Refused
from handlers.call import Answer, Call, Say, say
from storage.readings import Mark

USAGE = "It is said as in `event deployment Release 4.2`, with `at 2026-11-24 18:00` behind it when it was not now."


def command(desk: Desk, call: Call) -> Answer:
    return Say(trends.page(desk, call.person, call.channel))


def event(desk: Desk, call: Call) -> Answer:
    """`event deployment Release 4.2 at 2026-11-24 18:00`."""
    words, _, moment = call.text.partition(" at 20")
    kind, _, label = words.strip().partition(" ")
    if not kind:
        raise Refused(USAGE)
    at = desk.now()
    if moment:
        try:
            at = parse(f"20{moment}")
        except (ParserError, OverflowError):
            raise Refused(USAGE) from None
        at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(oncall.zone(desk, call.channel)))
    return say(trends.mark(desk, call.person, call.channel, Mark(kind, label.strip(), at), call.request))


COMMANDS = {"trends": command, "event": event}
ACTIONS = {"trends": command}
