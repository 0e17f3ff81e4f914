"""On call: who is, swaps, overrides and tests."""

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from dateutil.parser import ParserError, parse

from bot.context import Desk
from bot.services.oncall import oncall
from bot.views.oncall import swaps
from domain.errors import Refused
from handlers.request import Answer, Call, Handler, Open, Say, say

USAGE = "Try `/hypercare oncall`, `oncall 2026-12-24 18:00`, or `swap`, `override`, `feed` and `test` behind it."


def command(desk: Desk, call: Call) -> Answer:
    """`oncall` alone is now; a moment asks for then."""
    word, _, rest = call.text.strip().partition(" ")
    if word.lower() in WORDS:
        return WORDS[word.lower()](desk, call)
    asked = rest if word.lower() == "who" else call.text.strip()
    return Say(oncall.who(desk, call.person, call.channel, _moment(desk, call, asked) if asked else None))


def swap(desk: Desk, call: Call) -> Answer:
    """The form with my shifts; Refused when I have none."""
    found = oncall.coming(desk, call.person, call.channel)
    if not any(stretch.shift.who.person == call.person.id for stretch in found):
        raise Refused("You are not on call in the next four weeks, so there is nothing to swap.")
    return Open(_with_channel(swaps.swap_form(found, call.person.id, _zone(found)), call.channel))


def submit_swap(desk: Desk, call: Call) -> Answer:
    found = oncall.coming(desk, call.person, _channel(call))
    mine, to, theirs = swaps.read_swap(call.view, found, call.person.id, _zone(found))
    takes = (theirs.rota, theirs.shift) if theirs else None
    oncall.ask_to_swap(desk, call.person, mine.phase.id, oncall.Swap(mine.rota, mine.shift, to, takes), call.request)
    return None


def override(desk: Desk, call: Call) -> Answer:
    rotas = oncall.rotas(desk, call.person, call.channel)
    return Open(_with_channel(swaps.override_form(rotas, call.person.id, desk.now()), call.channel))


def submit_override(desk: Desk, call: Call) -> Answer:
    phase_id, rota, cover = swaps.read_override(call.view, oncall.rotas(desk, call.person, _channel(call)))
    oncall.override(desk, call.person, phase_id, rota, cover, call.request)
    return None


def answer(desk: Desk, call: Call, *, agreed: bool) -> Answer:
    return Say(oncall.answer_swap(desk, call.person, call.value, agreed=agreed, request=call.request), replace=True)


def test(desk: Desk, call: Call) -> Answer:
    count = oncall.send_tests(desk, call.person, call.channel, call.request)
    return say(f"{count} people who are on call in the next four weeks were sent a test.")


def feed(desk: Desk, call: Call) -> Answer:
    address = oncall.subscribe(desk, call.person, call.channel, call.request)
    return say(
        f"Your shifts as a calendar: {address}\nWhoever has the address can read them; asking again makes a new one."
    )


def got_it(desk: Desk, call: Call) -> Answer:
    oncall.got_it(desk, call.person, call.number or 0)
    return Say({"text": "Thank you: a call would have reached you."}, replace=True)


def _moment(desk: Desk, call: Call, text: str) -> datetime:
    """A moment in the zone of the phase here; what is left out of it is as it is now."""
    zone = ZoneInfo(oncall.zone(desk, call.channel))
    now = desk.now().astimezone(zone).replace(second=0, microsecond=0)
    try:
        return parse(text, default=now).astimezone(UTC)
    except (ParserError, OverflowError):
        raise Refused(f"I cannot read that as a time. {USAGE}") from None


def _zone(found: list[swaps.Stretch]) -> str:
    return found[0].phase.timezone if found else "UTC"


def _with_channel(view: dict[str, object], channel: str) -> dict[str, object]:
    return {**view, "private_metadata": channel}


def _channel(call: Call) -> str:
    return str(call.view.get("private_metadata") or "")


WORDS: dict[str, Handler] = {"swap": swap, "override": override, "test": test, "feed": feed}
COMMANDS: dict[str, Handler] = {"oncall": command}
ACTIONS: dict[str, Handler] = {
    "oncall_swap": swap, "oncall_override": override, "oncall_test": test, "oncall_got_it": got_it,
    "swap_yes": partial(answer, agreed=True), "swap_no": partial(answer, agreed=False),
}  # fmt: skip
VIEWS: dict[str, Handler] = {"oncall_swap": submit_swap, "oncall_override": submit_override}
