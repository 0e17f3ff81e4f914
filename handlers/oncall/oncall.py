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
    if word.lower() in SUBCOMMANDS:
        return SUBCOMMANDS[word.lower()](app, call)
    asked = rest if word.lower() == "who" else call.text.strip()
    return Reply(
        oncall.who_is_on_call(app, call.person, call.channel, _read_moment(app, call, asked) if asked else None)
    )


def open_swap_form(app: AppContext, call: Request) -> Answer:
    """The form with my shifts; Refused when I have none."""
    found = oncall.list_swappable_shifts(app, call.person, call.channel)
    if not any(stretch.shift.on_call.person == call.person.id for stretch in found):
        raise Refused("You are not on call in the next four weeks, so there is nothing to swap.")
    return OpenModal(_with_channel(swaps.swap_form(found, call.person.id, _zone(found)), call.channel))


def submit_swap(app: AppContext, call: Request) -> Answer:
    found = oncall.list_swappable_shifts(app, call.person, _channel(call))
    mine, to, theirs = swaps.read_swap(call.view, found, call.person.id, _zone(found))
    takes = (theirs.rota, theirs.shift) if theirs else None
    oncall.request_swap(app, call.person, mine.phase.id, oncall.Swap(mine.rota, mine.shift, to, takes), call.request)
    return None


def open_override_form(app: AppContext, call: Request) -> Answer:
    rotas = oncall.list_rotas(app, call.person, call.channel)
    return OpenModal(_with_channel(swaps.override_form(rotas, call.person.id, app.now()), call.channel))


def submit_override(app: AppContext, call: Request) -> Answer:
    phase_id, rota, override = swaps.read_override(call.view, oncall.list_rotas(app, call.person, _channel(call)))
    oncall.add_override(app, call.person, phase_id, rota, override, call.request)
    return None


def answer_swap(app: AppContext, call: Request, *, agreed: bool) -> Answer:
    return Reply(oncall.answer_swap(app, call.person, call.value, agreed=agreed, request=call.request), replace=True)


def send_test_pages(app: AppContext, call: Request) -> Answer:
    count = oncall.send_test_pages(app, call.person, call.channel, call.request)
    return reply(f"{count} people who are on call in the next four weeks were sent a test.")


def create_feed(app: AppContext, call: Request) -> Answer:
    address = oncall.create_feed(app, call.person, call.channel, call.request)
    return reply(
        f"Your shifts as a calendar: {address}\nWhoever has the address can read them; asking again makes a new one."
    )


def confirm_test_page(app: AppContext, call: Request) -> Answer:
    oncall.confirm_test_page(app, call.person, call.number or 0)
    return Reply({"text": "Thank you: a call would have reached you."}, replace=True)


def _read_moment(app: AppContext, call: Request, text: str) -> datetime:
    """A moment in the zone of the phase here; what is left out of it is as it is now."""
    zone = ZoneInfo(oncall.phase_timezone(app, call.channel))
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


SUBCOMMANDS: dict[str, Handler] = {
    "swap": open_swap_form,
    "override": open_override_form,
    "test": send_test_pages,
    "feed": create_feed,
}
COMMANDS: dict[str, Handler] = {"oncall": command}
ACTIONS: dict[str, Handler] = {
    "oncall_swap": open_swap_form,
    "oncall_override": open_override_form,
    "oncall_test": send_test_pages,
    "oncall_got_it": confirm_test_page,
    "swap_yes": partial(answer_swap, agreed=True),
    "swap_no": partial(answer_swap, agreed=False),
}
VIEWS: dict[str, Handler] = {"oncall_swap": submit_swap, "oncall_override": submit_override}
