"""Commands for digests, metrics and readings."""

from bot.context import AppContext
from bot.services.exit import watch
from bot.services.reporting import digest, metrics, readings, wallboard
from domain.errors import Refused
from domain.reporting.readings import Baseline
from handlers.request import Answer, Reply, Request, reply


def command(app: AppContext, call: Request) -> Answer:
    """`digest`, `digest preview weekly`, `digest now`, `digest link 7`, `digest wallboard`; a key may follow."""
    words = call.text.split()
    match words[0].lower() if words else "":
        case "now":
            sent = digest.now(app, call.person, call.channel, words[1:], call.request)
            return reply(f"The digest “{sent.name}” is being sent.")
        case "link":
            return reply(digest.link(app, call.person, call.channel, words[1:], call.request))
        case "wallboard":
            return reply(wallboard.link(app, call.person, call.channel, words[1:], call.request))
        case "preview":
            words = words[1:]
    return Reply(digest.preview(app, call.person, call.channel, words))


def figures(app: AppContext, call: Request) -> Answer:
    """`metrics PAY module 7d`; `metrics uptime 99.93 [2026-11-24]` records a reading."""
    words = (call.value or call.text).split()
    place = next((n for n, word in enumerate(words[:2]) if readings.is_metric(app, word.lower())), None)
    if place is None:
        return Reply(metrics.page(app, call.person, call.channel, words))
    metric, said = words[place].lower(), words[place + 1 :]
    if len(said) not in (1, 2):
        value = "14/17" if metric == Baseline.SATISFIED else "99.93"
        raise Refused(f"Use `metrics {metric} {value}`, or `metrics {metric} {value} 2026-11-24` for another day.")
    return reply(
        watch.record_reading(app, call.person, call.channel, words[:place], metric, *said, request=call.request)
    )


COMMANDS = {"digest": command, "metrics": figures}
ACTIONS = {"metrics": figures}
