"""The ways a report comes in: command, shortcuts, App Home and mention, and the form behind most of them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.story import names
from sandbox.story.pictures import screenshot
from sandbox.story.script import Scene, Ticket
from sandbox.story.stage import Case, Stage

Values = dict[str, Any]


async def report(stage: Stage, scene: Scene) -> None:
    """The report, until the team has its card and the reporter a confirmation."""
    ticket = stage.script.tickets[scene.ticket]
    files = [await _upload(stage, ticket.by, file) for file in ticket.report.get("files", ())]
    await WAYS[ticket.way](stage, ticket, ticket.report | ({"files": files} if files else {}))
    place, number = await stage.watch.until(stage.new_card, "post a card")
    confirmed = await stage.watch.until(lambda: _first(stage, number), "confirm the report")
    stage.cases[ticket.name] = Case(number, place, confirmed, stage.thread_of(confirmed))
    if ticket.way == "mention":
        await _add_details(stage, ticket, stage.cases[ticket.name])


def _first(stage: Stage, number: str) -> tuple[str, str] | None:
    found = stage.watch.with_button(names.WITHDRAW, number)
    return found[0] if found else None


async def _command(stage: Stage, ticket: Ticket, values: Values) -> None:
    text = f"{names.REPORT_VERB} {values['summary']}"
    await stage.door.post("command", user=ticket.by, channel=names.INTAKE, command=names.COMMAND, text=text)
    await _fill(stage, ticket.by, values)


async def _shortcut(stage: Stage, ticket: Ticket, values: Values) -> None:
    await stage.door.post("shortcut", user=ticket.by, callback_id=names.GLOBAL_SHORTCUT)
    await _fill(stage, ticket.by, values)


async def _home(stage: Stage, ticket: Ticket, values: Values) -> None:
    await stage.door.post("home", user=ticket.by)
    await stage.door.post("action", user=ticket.by, home=True, action_id=names.HOME_REPORT)
    await _fill(stage, ticket.by, values)


async def _message(stage: Stage, ticket: Ticket, values: Values) -> None:
    ts = await _say(stage, ticket, ticket.says, values)
    where = {"channel": names.INTAKE, "ts": ts}
    await stage.door.post("shortcut", user=ticket.by, callback_id=names.MESSAGE_SHORTCUT, **where)
    await _fill(stage, ticket.by, _without_files(ticket))  # the message brings its files with it


async def _mention(stage: Stage, ticket: Ticket, values: Values) -> None:
    await _say(stage, ticket, f"{names.BOT} {ticket.says}", values)


async def _say(stage: Stage, ticket: Ticket, text: str, values: Values) -> str:
    files = values.get("files", [])
    posted = await stage.door.post("message", user=ticket.by, channel=names.INTAKE, text=text, files=files)
    return str(posted["ts"])


async def _fill(stage: Stage, who: str, values: Values) -> None:
    """The form as people fill it in: the three fields first, then the rest if they have more to say."""
    await stage.needs_form(who)
    if _only(values, names.MORE_FIELDS):
        first = _only(values, names.FIRST_FIELDS)
        await stage.door.post("action", user=who, view=True, action_id=names.MORE_DETAILS, values=first)
    await stage.submit(who, **_only(values, names.REPORT_FIELDS))


async def _add_details(stage: Stage, ticket: Ticket, case: Case) -> None:
    """A mention says little; what else there is to say is added below the confirmation."""
    await stage.press(ticket.by, case.confirmation, names.DETAILS, case.id)
    await stage.submit(ticket.by, **_without_files(ticket))


def _without_files(ticket: Ticket) -> Values:
    return {name: value for name, value in ticket.report.items() if name != "files"}


def _only(values: Mapping[str, Any], wanted: tuple[str, ...]) -> Values:
    return {name: values[name] for name in wanted if name in values}


async def _upload(stage: Stage, who: str, file: str | Mapping[str, str]) -> str:
    if isinstance(file, str):
        return await stage.door.upload(who, file, screenshot(file))
    return await stage.door.upload(who, file["name"], file["text"].encode())


WAYS: dict[str, Callable[[Stage, Ticket, Values], Awaitable[None]]] = {
    "command": _command, "shortcut": _shortcut, "home": _home, "message": _message, "mention": _mention,
}  # fmt: skip
