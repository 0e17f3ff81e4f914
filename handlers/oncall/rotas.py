"""`/hypercare oncall`: who is on call, swaps, overrides, test pages and calendar feeds."""

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from dateutil.parser import ParserError, parse

from bot.context import AppContext
from bot.services.oncall import calendar_feed, rotas, swaps
from bot.views.oncall import swaps as views
from domain.errors import Refused
from domain.text import plural
from handlers.request import Answer, Handler, OpenModal, Reply, Request, reply

USAGE = (
    "Try `/hypercare oncall`, `/hypercare oncall 2026-12-24 18:00`, "
    "or `/hypercare oncall` followed by `swap`, `override`, `feed` or `test`."
)


def command(app: AppContext, call: Request) -> Answer:
    """Answer `oncall` with who is on call now, and `oncall TIME` with who is on call then."""
    word, _, rest = call.text.strip().partition(" ")
    if word.lower() in SUBCOMMANDS:
        return SUBCOMMANDS[word.lower()](app, call)
    asked = rest if word.lower() == "who" else call.text.strip()
    at = _read_moment(app, call, asked) if asked else None
    return Reply(rotas.who_is_on_call(app, call.person, call.channel, at))


def open_swap_form(app: AppContext, call: Request) -> Answer:
    """Open the form with the person's shifts; Refused when they have none."""
    found = swaps.list_swappable_shifts(app, call.person, call.channel)
    if not any(one.shift.on_call.person == call.person.id for one in found):
        raise Refused("You aren't on call in the next four weeks, so there is nothing to swap.")
    return OpenModal(_with_channel(views.swap_form(found, call.person.id, _zone(found)), call.channel))


def submit_swap(app: AppContext, call: Request) -> Answer:
    found = swaps.list_swappable_shifts(app, call.person, _channel(call))
    mine, to, theirs = views.read_swap(call.view, found, call.person.id, _zone(found))
    takes = (theirs.rota, theirs.shift) if theirs else None
    swaps.request_swap(app, call.person, mine.phase.id, swaps.Swap(mine.rota, mine.shift, to, takes), call.request)
    return None


def open_override_form(app: AppContext, call: Request) -> Answer:
    found = rotas.list_rotas(app, call.person, call.channel)
    return OpenModal(_with_channel(views.override_form(found, call.person.id, app.now()), call.channel))


def submit_override(app: AppContext, call: Request) -> Answer:
    phase_id, rota, override = views.read_override(call.view, rotas.list_rotas(app, call.person, _channel(call)))
    swaps.add_override(app, call.person, phase_id, rota, override, call.request)
    return None


def answer_swap(app: AppContext, call: Request, *, agreed: bool) -> Answer:
    return Reply(swaps.answer_swap(app, call.person, call.value, agreed=agreed, request=call.request), replace=True)


def send_test_pages(app: AppContext, call: Request) -> Answer:
    count = rotas.send_test_pages(app, call.person, call.channel, call.request)
    return reply(plural(count, "A test page was sent to 1 person who is on call in the next four weeks.",
                        "A test page was sent to {count} people who are on call in the next four weeks."))  # fmt: skip


def create_feed(app: AppContext, call: Request) -> Answer:
    address = calendar_feed.create_feed(app, call.person, call.channel, call.request)
    return reply(
        f"Subscribe to your shifts with this address: {address}\n"
        "Everyone with the address can read them. Type `/hypercare oncall feed` again to replace it."
    )


def confirm_test_page(app: AppContext, call: Request) -> Answer:
    rotas.confirm_test_page(app, call.person, call.number or 0)
    return Reply({"text": "Thanks. Now we know that pages reach you."}, replace=True)


def _read_moment(app: AppContext, call: Request, text: str) -> datetime:
    """Read a moment in the phase's time zone; parts that are left out are as they are now."""
    zone = ZoneInfo(rotas.phase_timezone(app, call.channel))
    now = app.now().astimezone(zone).replace(second=0, microsecond=0)
    try:
        return parse(text, default=now).astimezone(UTC)
    except (ParserError, OverflowError):
        raise Refused(f"I can't read “{text}” as a time. {USAGE}") from None


def _zone(found: list[views.ShiftPeriod]) -> str:
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
