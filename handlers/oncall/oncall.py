"""On call: who is, swaps, overrides and tests."""

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from dateutil.parser import ParserError, parse

from bot.context import AppContext
from bot.services.oncall import oncall
from bot.views.oncall import swaps
from domain.errors import Refused
from handlers.request import Answer, Handler, OpenModal, Reply, Request, reply

USAGE = "Try `/hypercare oncall`, `oncall 2026-12-24 18:00`, or `swap`, `override`, `feed` and `test` behind it."


def command(app: AppContext, call: Request) -> Answer:
    """`oncall` alone is now; a moment asks for then."""
    word, _, rest = call.text.strip().partition(" ")
    if word.lower() in WORDS:
        return WORDS[word.lower()](app, call)
    asked = rest if word.lower() == "who" else call.text.strip()
    return Reply(oncall.who(app, call.person, call.channel, _moment(app, call, asked) if asked else None))


def swap(app: AppContext, call: Request) -> Answer:
    """The form with my shifts; Refused when I have none."""
    found = oncall.coming(app, call.person, call.channel)
    if not any(stretch.shift.who.person == call.person.id for stretch in found):
        raise Refused("You are not on call in the next four weeks, so there is nothing to swap.")
    return OpenModal(_with_channel(swaps.swap_form(found, call.person.id, _zone(found)), call.channel))


def submit_swap(app: AppContext, call: Request) -> Answer:
    found = oncall.coming(app, call.person, _channel(call))
    mine, to, theirs = swaps.read_swap(call.view, found, call.person.id, _zone(found))
    takes = (theirs.rota, theirs.shift) if theirs else None
    oncall.ask_to_swap(app, call.person, mine.phase.id, oncall.Swap(mine.rota, mine.shift, to, takes), call.request)
    return None


def override(app: AppContext, call: Request) -> Answer:
    rotas = oncall.rotas(app, call.person, call.channel)
    return OpenModal(_with_channel(swaps.override_form(rotas, call.person.id, app.now()), call.channel))


def submit_override(app: AppContext, call: Request) -> Answer:
    phase_id, rota, cover = swaps.read_override(call.view, oncall.rotas(app, call.person, _channel(call)))
    oncall.override(app, call.person, phase_id, rota, cover, call.request)
    return None


def answer(app: AppContext, call: Request, *, agreed: bool) -> Answer:
    return Reply(oncall.answer_swap(app, call.person, call.value, agreed=agreed, request=call.request), replace=True)


def test(app: AppContext, call: Request) -> Answer:
    count = oncall.send_tests(app, call.person, call.channel, call.request)
    return reply(f"{count} people who are on call in the next four weeks were sent a test.")


def feed(app: AppContext, call: Request) -> Answer:
    address = oncall.subscribe(app, call.person, call.channel, call.request)
    return reply(
        f"Your shifts as a calendar: {address}\nWhoever has the address can read them; asking again makes a new one."
    )


def got_it(app: AppContext, call: Request) -> Answer:
    oncall.got_it(app, call.person, call.number or 0)
    return Reply({"text": "Thank you: a call would have reached you."}, replace=True)


def _moment(app: AppContext, call: Request, text: str) -> datetime:
    """A moment in the zone of the phase here; what is left out of it is as it is now."""
    zone = ZoneInfo(oncall.zone(app, call.channel))
    now = app.now().astimezone(zone).replace(second=0, microsecond=0)
    try:
        return parse(text, default=now).astimezone(UTC)
    except (ParserError, OverflowError):
        raise Refused(f"I cannot read that as a time. {USAGE}") from None


def _zone(found: list[swaps.ShiftPeriod]) -> str:
    return found[0].phase.timezone if found else "UTC"


def _with_channel(view: dict[str, object], channel: str) -> dict[str, object]:
    return {**view, "private_metadata": channel}


def _channel(call: Request) -> str:
    return str(call.view.get("private_metadata") or "")


WORDS: dict[str, Handler] = {"swap": swap, "override": override, "test": test, "feed": feed}
COMMANDS: dict[str, Handler] = {"oncall": command}
ACTIONS: dict[str, Handler] = {
    "oncall_swap": swap, "oncall_override": override, "oncall_test": test, "oncall_got_it": got_it,
    "swap_yes": partial(answer, agreed=True), "swap_no": partial(answer, agreed=False),
}  # fmt: skip
VIEWS: dict[str, Handler] = {"oncall_swap": submit_swap, "oncall_override": submit_override}
