"""Commands for trends and for events of the system."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.services.oncall import rotas
from bot.services.reporting import trends
from domain.errors import Refused
from handlers.request import Answer, Reply, Request, reply

USAGE = "Use `event deployment Release 4.2`, and add `at 2026-11-24 18:00` if it was not now."
MOMENT = re.compile(r" at (20\d\d-\d\d-\d\d(?:[ T]\d\d:\d\d)?)$")


def command(app: AppContext, call: Request) -> Answer:
    return Reply(trends.page(app, call.person, call.channel, (call.value or call.text).split()))


def event(app: AppContext, call: Request) -> Answer:
    """`event deployment Release 4.2 at 2026-11-24 18:00`, in the phase's time zone."""
    said, moment = call.text.strip(), MOMENT.search(call.text.strip())
    at = app.now()
    if moment:
        try:
            at = datetime.fromisoformat(moment[1]).replace(tzinfo=ZoneInfo(rotas.phase_timezone(app, call.channel)))
        except ValueError:
            raise Refused(USAGE) from None
        said = said[: moment.start()]
    if not said:
        raise Refused(USAGE)
    return reply(trends.mark(app, call.person, call.channel, said.split(), at, call.request))


COMMANDS = {"trends": command, "event": event}
ACTIONS = {"trends": command}
