"""How things stand: digests, metrics, and what is said of the system from elsewhere."""

from bot.desk import Desk
from bot.services import digest, metrics, readings
from domain.errors import Refused
from domain.readings import Reading
from handlers.call import Answer, Call, Say, say


def command(desk: Desk, call: Call) -> Answer:
    """`digest`, `digest preview weekly`, `digest now`, `digest link 7`."""
    word, _, rest = call.text.strip().partition(" ")
    if word.lower() == "now":
        sent = digest.now(desk, call.person, call.channel, rest.strip(), call.request)
        return say(f"The digest “{sent.name}” is on its way.")
    if word.lower() == "link":
        days = int(rest) if rest.strip().isdecimal() else 7 if not rest.strip() else 0
        return say(digest.link(desk, call.person, call.channel, days, call.request))
    name = rest if word.lower() == "preview" else call.text
    return Say(digest.preview(desk, call.person, call.channel, name.strip()))


def figures(desk: Desk, call: Call) -> Answer:
    """`metrics module 7d`; `metrics uptime 99.93 [2026-11-24]` says what is known from elsewhere."""
    words = (call.value or call.text).lower().split()
    if words and words[0] in set(Reading):
        if len(words) not in (2, 3):
            raise Refused(f"It is said as in `metrics {words[0]} 99.93`, with a day such as 2026-11-24 behind it.")
        day = words[2] if len(words) == 3 else ""
        return say(readings.say(desk, call.person, call.channel, Reading(words[0]), words[1], day, call.request))
    return Say(metrics.page(desk, call.person, call.channel, words))


COMMANDS = {"digest": command, "metrics": figures}
ACTIONS = {"metrics": figures}
