"""The ways a report comes in: the form in its shapes, and what is said in a channel or to the bot."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.story import names
from sandbox.story.client import StoryError
from sandbox.story.pictures import screenshot
from sandbox.story.script import Scene, Ticket
from sandbox.story.stage import Stage, StoryTicket
from sandbox.story.watch import buttons

Values = dict[str, Any]


async def report(stage: Stage, scene: Scene) -> None:
    """The report, until the team has its card and the reporter a confirmation."""
    ticket = stage.script.tickets[scene.ticket]
    files = [await _upload(stage, ticket.by, file) for file in ticket.report.get("files", ())]
    before = stage.cards()  # also of a report whose scene had failed when it came: it is not the next one's card
    await WAYS[ticket.way](stage, ticket, ticket.report | ({"files": files} if files else {}))
    place, number = await stage.watch.until(lambda: stage.new_card(before), "post a card")
    if ticket.way == MACHINE:  # which needs no confirmation
        stage.tickets[ticket.name] = StoryTicket(number, place, place, place)
        return
    confirmed = await stage.watch.until(lambda: _first(stage, number), "confirm the report")
    stage.tickets[ticket.name] = StoryTicket(number, place, confirmed, stage.thread_of(confirmed))
    if ticket.way in SAID:
        await _add_details(stage, ticket, stage.tickets[ticket.name])


def _first(stage: Stage, number: str) -> tuple[str, str] | None:
    found = stage.watch.with_button(names.WITHDRAW, number)
    return found[0] if found else None


async def _command(stage: Stage, ticket: Ticket, values: Values) -> None:
    await _typed(stage, ticket.by, values)


async def _behalf(stage: Stage, ticket: Ticket, values: Values) -> None:
    """A responder reports what a person told them on the phone."""
    await _typed(stage, ticket.filed_by, values | {"behalf": stage.ids[ticket.by]})


async def _nameless(stage: Stage, ticket: Ticket, values: Values) -> None:
    await _typed(stage, ticket.by, values | {"anonymous": "yes"})


async def _typed(stage: Stage, who: str, values: Values) -> None:
    await stage.command(who, f"{names.REPORT_VERB} {values['summary']}")
    await _fill(stage, who, values)


async def _shortcut(stage: Stage, ticket: Ticket, values: Values) -> None:
    await stage.client.post("shortcut", user=ticket.by, callback_id=names.GLOBAL_SHORTCUT)
    await _fill(stage, ticket.by, values)


async def _home(stage: Stage, ticket: Ticket, values: Values) -> None:
    await stage.client.post("home", user=ticket.by)
    await stage.client.post("action", user=ticket.by, home=True, action_id=names.HOME_REPORT)
    await _fill(stage, ticket.by, values)


async def _message(stage: Stage, ticket: Ticket, values: Values) -> None:
    ts = await _say(stage, ticket, ticket.says, values)
    where = {"channel": names.INTAKE, "ts": ts}
    await stage.client.post("shortcut", user=ticket.by, callback_id=names.MESSAGE_SHORTCUT, **where)
    await _fill(stage, ticket.by, _without_files(ticket))  # the message brings its files with it


async def _mention(stage: Stage, ticket: Ticket, values: Values) -> None:
    await _say(stage, ticket, f"{names.BOT} {ticket.says}", values)


async def _reaction(stage: Stage, ticket: Ticket, values: Values) -> None:
    """A member of the team turns a message into a report."""
    ts = await _say(stage, ticket, ticket.says, values)
    where = {"channel": names.INTAKE, "ts": ts}
    await stage.client.post("reaction", user=ticket.filed_by, **where, name=names.REPORTING_REACTION)


async def _direct(stage: Stage, ticket: Ticket, values: Values) -> None:
    await _say(stage, ticket, ticket.says, values, names.DIRECT)
    asked = await stage.answer(ticket.by)
    severity = f"{names.SEVERITY_ANSWER}:{ticket.report['severity']}"
    value = next((value for action, value in buttons(asked) if action == severity), None)
    if value is None:
        raise StoryError("the bot did not ask how severe it is")
    where = {"channel": asked["channel"], "ts": asked["ts"]}
    await stage.client.post("action", user=ticket.by, **where, action_id=severity, value=value)
    await stage.watch.calm()
    stage.watch.whispers.clear()  # that it is a report now


async def _floor(stage: Stage, ticket: Ticket, values: Values) -> None:
    await _say(stage, ticket, ticket.says, values, names.FLOOR)


async def _say(stage: Stage, ticket: Ticket, text: str, values: Values, channel: str = names.INTAKE) -> str:
    files = values.get("files", [])
    posted = await stage.client.post("message", user=ticket.by, channel=channel, text=text, files=files)
    return str(posted["ts"])


async def _fill(stage: Stage, who: str, values: Values) -> None:
    """The form as people fill it in: the three fields first, then the rest if they have more to say."""
    await stage.needs_form(who)
    if _only(values, names.MORE_FIELDS + names.WHO_FIELDS):
        first = _only(values, names.FIRST_FIELDS)
        await stage.client.post("action", user=who, view=True, action_id=names.MORE_DETAILS, values=first)
    await stage.submit(who, **_only(values, names.REPORT_FIELDS))


async def _add_details(stage: Stage, ticket: Ticket, filed: StoryTicket) -> None:
    """What is said in passing says little; what else there is to say is added below the confirmation."""
    await stage.press(ticket.by, filed.confirmation, names.DETAILS, filed.id)
    await stage.submit(ticket.by, **_without_files(ticket))


async def _by_itself(stage: Stage, ticket: Ticket, values: Values) -> None:
    """What a machine has sent is enough."""


def _without_files(ticket: Ticket) -> Values:
    return {name: value for name, value in ticket.report.items() if name != "files"}


def _only(values: Mapping[str, Any], wanted: tuple[str, ...]) -> Values:
    return {name: values[name] for name in wanted if name in values}


async def _upload(stage: Stage, who: str, file: str | Mapping[str, str]) -> str:
    if isinstance(file, str):
        return await stage.client.upload(who, file, screenshot(file))
    return await stage.client.upload(who, file["name"], file["text"].encode())


MACHINE = "machine"
SAID = ("mention", "reaction", "direct", "floor")  # without a form
WAYS: dict[str, Callable[[Stage, Ticket, Values], Awaitable[None]]] = {
    "command": _command, "shortcut": _shortcut, "home": _home, "message": _message, "mention": _mention,
    "reaction": _reaction, "direct": _direct, "floor": _floor, "behalf": _behalf, "nameless": _nameless,
    MACHINE: _by_itself,
}  # fmt: skip
