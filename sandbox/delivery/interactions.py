"""Commands, shortcuts, actions and modals: sends them to the app and does what its answer says."""

from dataclasses import dataclass
from typing import Any

from sandbox.blockkit import check_rollout, check_view
from sandbox.content import refuse
from sandbox.delivery import envelopes
from sandbox.delivery.delivery import Answer, Delivery
from sandbox.delivery.responses import say_ack, tell
from sandbox.errors import SlackError
from sandbox.form import problems
from sandbox.inputs import KINDS, MENU, Element, chosen, files_in, first_state
from sandbox.model import Channel, Message
from sandbox.views import View, ViewError
from sandbox.world import World

Body = dict[str, Any]
TROUBLE = "We had some trouble connecting. Try again?"


async def command(world: World, user: str, channel: Channel, name: str, text: str) -> Body:
    payload, before = envelopes.command(world, user, channel, name, text), set(channel.ephemerals)
    answer = await _deliver(world, "command", name, payload, wants_answer=True)
    if not answer.ok:
        error = _failure(answer)
        sentence = f'{name} failed with the error "{error}"'
        tell(world, channel.id, user, sentence)
        return {"ok": False, "error": error, "response": sentence}
    if problem := say_ack(world, channel.id, user, answer.payload):
        return {"ok": False, "error": problem, "response": answer.payload}
    said = answer.payload or _whispered(channel, user, before)
    only_text = set(said) <= {"text", "response_type"}
    return {"ok": True, "response": said.get("text", "") if only_text else said}


def _whispered(channel: Channel, user: str, before: set[str]) -> Body:
    """What the app said by the response URL before it acknowledged."""
    fresh = [one for ts, one in channel.ephemerals.items() if ts not in before and one.ephemeral_to == user]
    if not fresh:
        return {}
    return {"text": fresh[-1].text} | ({"blocks": fresh[-1].blocks} if fresh[-1].blocks else {})


def _failure(answer: Answer) -> str:
    return "operation_timeout" if answer.outcome == "timeout" else "dispatch_failed"


async def _deliver(world: World, kind: Any, name: str, payload: Body, *, wants_answer: bool = False) -> Answer:
    return await world.queue.deliver(Delivery(kind, name, payload, wants_answer))


async def _interact(world: World, name: str, payload: Body) -> Body:
    answer = await _deliver(world, "interactive", name, payload)
    if answer.ok:
        return {"ok": True}
    return {"ok": False, "error": _failure(answer), "response": TROUBLE}


async def shortcut(world: World, user: str, callback_id: str) -> Body:
    return await _interact(world, callback_id, envelopes.global_shortcut(world, user, callback_id))


async def message_shortcut(world: World, user: str, callback_id: str, message: Message) -> Body:
    channel = world.workspace.channels[message.channel]
    payload = envelopes.message_shortcut(world, user, callback_id, channel, message)
    return await _interact(world, callback_id, payload)


@dataclass
class Pressed:
    """An element that was used: where it stands and what was picked or typed, if anything."""

    block: Body
    element: Element
    value: Any = None


def act(world: World, pressed: Pressed, lookup: Any) -> Body:
    """The entry of `actions` for this element."""
    element = pressed.element
    kept = ("type", "action_id", "text", "value", "style", "url", "placeholder", "confirm", "accessibility_label")
    action: Body = {name: element[name] for name in kept if name in element}
    action |= {"block_id": pressed.block.get("block_id", ""), "action_ts": world.workspace.new_ts()}
    kind = KINDS.get(element["type"], MENU if element["type"] == "overflow" else None)
    if kind:
        action |= {name: element[name] for name in (kind.initial,) if name in element}
        action |= chosen(element, pressed.value, lookup)
    return action


async def press_message(world: World, user: str, message: Message, pressed: Pressed, lookup: Any) -> Body:
    action = act(world, pressed, lookup)
    state = first_state(message.blocks or [])
    if pressed.element["type"] in KINDS:
        state[pressed.block["block_id"]][pressed.element["action_id"]] = chosen(pressed.element, pressed.value, lookup)
    payload = envelopes.message_action(world, user, message, action, state)
    return await _interact(world, action["action_id"], payload)


async def press_attachment(world: World, user: str, message: Message, attachment: Body, action: Body) -> Body:
    """A button of before Block Kit; the app answers with a message that takes the place of this one."""
    pressed = {name: action.get(name, "") for name in ("name", "type", "value")}
    payload = envelopes.attachment_action(world, user, message, attachment, pressed)
    return await _interact(world, str(payload["callback_id"]), payload)


async def press_view(world: World, user: str, view: View, pressed: Pressed, lookup: Any) -> Body:
    action = act(world, pressed, lookup)
    if pressed.element["type"] in KINDS:
        value = chosen(pressed.element, pressed.value, lookup)
        world.views.fill(view, pressed.block["block_id"], action["action_id"], value)
    return await _interact(world, action["action_id"], envelopes.view_action(world, user, view, action))


async def suggest(world: World, view: View, block: Body, element: Element, value: str) -> list[Body]:
    """Asks the app for the options of an external select and remembers them for the choice."""
    payload = envelopes.suggestion(world, view, block["block_id"], element["action_id"], value)
    return await _suggested(world, element["action_id"], payload, view.suggested)


async def suggest_in_message(
    world: World, user: str, message: Message, block: Body, element: Element, value: str
) -> list[Body]:
    """The same for a select that stands in a message."""
    place = (block["block_id"], element["action_id"], value)
    payload = envelopes.message_suggestion(world, user, message, *place)
    return await _suggested(world, element["action_id"], payload, world.suggested.setdefault(message.ts, {}))


async def _suggested(world: World, action_id: str, payload: Body, memory: dict[str, list[Body]]) -> list[Body]:
    answer = await _deliver(world, "interactive", action_id, payload, wants_answer=True)
    groups = [one for group in answer.payload.get("option_groups") or [] for one in group["options"]]
    options = list(answer.payload.get("options") or []) + groups
    known = memory.setdefault(action_id, [])
    known += [one for one in options if one not in known]
    return options


async def submit(world: World, view: View) -> Body:
    if found := problems(view.blocks, view.state):
        return _refused(world, view, found)
    world.given += [one["id"] for one in files_in(view.state) if one["id"] not in world.given]
    answer = await _deliver(
        world, "interactive", view.body.get("callback_id") or "", envelopes.submission(world, view), wants_answer=True
    )
    if not answer.ok:
        return _refused(world, view, {"*": TROUBLE})
    try:
        return _obey(world, view, answer.payload)
    except (SlackError, ViewError):
        return _refused(world, view, {"*": TROUBLE})


def _refused(world: World, view: View, errors: dict[str, str]) -> Body:
    world.views.refuse(view, errors)
    return {"errors": errors}


def _check(world: World, view: Body) -> None:
    rollout = check_rollout(view.get("blocks"), world.faults.refused("views.update"), "/blocks")
    refuse("invalid_view", check_view(view) + rollout, "/view")


def _obey(world: World, view: View, answer: Body) -> Body:
    """Does what the app's answer to a submission says; no answer closes this modal."""
    match answer.get("response_action"):
        case "errors":
            return _show_errors(world, view, answer.get("errors") or {})
        case "update":
            _check(world, answer["view"])
            return {"view": world.views.update(view, answer["view"]).to_page(world.app)}
        case "push":
            _check(world, answer["view"])
            return {"view": world.views.push(view.user, answer["view"]).to_page(world.app)}
        case "clear":
            world.views.close(view.user, everything=True)
        case None if not answer and world.views.top(view.user) is view:
            world.views.close(view.user)
        case None if not answer:
            pass
        case _:
            return _refused(world, view, {"*": TROUBLE})
    return {"closed": True}


def _show_errors(world: World, view: View, errors: Body) -> Body:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not errors or not set(errors) <= inputs:
        return _refused(world, view, {"*": TROUBLE})
    return _refused(world, view, errors)


async def close(world: World, view: View, *, everything: bool = False) -> None:
    """Closes the topmost modal, or all of them, and tells the app where it asked to be told."""
    everything = everything or bool(view.body.get("clear_on_close"))
    gone = list(reversed(world.views.stacks[view.user])) if everything else [view]
    world.views.close(view.user, everything=everything)
    for one in gone:
        if one.body.get("notify_on_close"):
            payload = envelopes.closed(world, one, cleared=everything)
            await _deliver(world, "interactive", one.body.get("callback_id") or "", payload)
