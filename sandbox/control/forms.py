"""What people do with blocks: press, pick, fill in, submit and close."""

import asyncio
from collections.abc import Iterator
from typing import Any

from sandbox.control.ask import Ask, Body, RefusedError, Route
from sandbox.delivery import interactions
from sandbox.delivery.interactions import Pressed
from sandbox.inputs import KINDS, UnknownChoiceError, chosen, elements, options_of
from sandbox.model import Message
from sandbox.sharing import in_message
from sandbox.views import View
from sandbox.workspace import NotFoundError
from sandbox.world import World

FIRST_HOME_SECONDS = 1.0


def lookup(ask: Ask, wanted: str) -> Any:
    """The id (or file) behind what was picked in a select of people, channels or files."""
    kind, _, name = wanted.partition(":")
    try:
        if kind == "users_select":
            return ask.workspace.user(name).id
        if kind == "file_input":
            return in_message(ask.workspace.files[name])
        return ask.workspace.channel(name, of=ask.user().id).id
    except (NotFoundError, KeyError):
        raise RefusedError(f"There is no {name} to pick.", 404) from None


def _state(ask: Ask, view: View, element: Body, value: Any) -> Body:
    known = view.suggested.get(element["action_id"], [])
    with_known = element | {"options": options_of(element) + known} if known else element
    try:
        return chosen(with_known, value, lambda wanted: lookup(ask, wanted))
    except (UnknownChoiceError, ValueError) as problem:
        raise RefusedError(str(problem)) from None


async def fill(ask: Ask, view: View, values: Body, *, strict: bool = True) -> None:
    """Puts values into the modal's inputs; keys are block ids (with or without action ids), action ids or labels."""
    for key, value in values.items():
        found = list(_inputs(view, key))
        if strict and not found:
            raise RefusedError(f"The form has no field {key}.")
        for block, element in found:
            inner = value
            if key == block["block_id"] and isinstance(value, dict) and element["action_id"] in value:
                inner = value[element["action_id"]]
            await _suggested(ask, view, block, element, inner)
            ask.world.views.fill(view, block["block_id"], element["action_id"], _state(ask, view, element, inner))


def _inputs(view: View, key: str) -> Iterator[tuple[Body, Body]]:
    for block, element in elements(view.blocks):
        label = (block.get("label") or {}).get("text")
        if element["type"] in KINDS and key in (element["action_id"], block["block_id"], label):
            yield block, element


async def _suggested(ask: Ask, view: View, block: Body, element: Body, value: Any) -> None:
    """A plain value for an external select has to come from what the app offers for it."""
    for one in value if isinstance(value, list) else [value]:
        known = view.suggested.get(element["action_id"], [])
        offered = any(one in (option["value"], option["text"]["text"]) for option in known)
        if "external" in element["type"] and isinstance(one, str) and one and not offered:
            await interactions.suggest(ask.world, view, block, element, one)


def _pressed(ask: Ask, blocks: list[Body], known: dict[str, list[Body]] | None = None) -> Pressed:
    wanted, label, value = ask.text("action_id"), ask.text("label"), ask.fields.get("value")
    found = [
        Pressed(block, element, value)
        for block, element in elements(blocks)
        if (not ask.text("block_id") or ask.text("block_id") == block["block_id"])
        and (element.get("action_id") == wanted if wanted else _is_called(block, element, label))
    ]
    if not found:
        raise RefusedError(f"There is nothing called {wanted or label} to press.", 404)
    best = next((one for one in found if value is not None and one.element.get("value") == value), found[0])
    if label and value is None and label in _option_texts(best.element):
        best.value = label
    if known and (options := known.get(best.element["action_id"])):
        best.element = best.element | {"options": options}
    return best


def _is_called(block: Body, element: Body, label: str) -> bool:
    own = [element.get(name, {}).get("text") for name in ("text", "placeholder")]
    return label in (*own, (block.get("label") or {}).get("text"), *_option_texts(element))


def _option_texts(element: Body) -> list[str]:
    return [one["text"]["text"] for one in options_of(element)]


async def action(ask: Ask) -> Body:
    if not (ask.text("action_id") or ask.text("label")):
        raise RefusedError("action needs action_id or label.")
    try:
        return await _act(ask)
    except (UnknownChoiceError, ValueError) as problem:
        raise RefusedError(str(problem)) from None


async def _act(ask: Ask) -> Body:
    def find(wanted: str) -> Any:
        return lookup(ask, wanted)

    user = ask.user()
    if ask.flag("view") or ask.flag("home"):
        ask, view = _open(ask) if ask.flag("view") else _own_home(ask)
        # The page may still hold fields of a form that the app has just changed.
        await fill(ask, view, ask.fields.get("values") or {}, strict=False)
        pressed = _pressed(ask, view.blocks, view.suggested)
        return await interactions.press_view(ask.world, user.id, view, pressed, find)
    _, channel = ask.own_channel()
    message = ask.message(channel)
    ask = _to_author(ask, message)
    blocks = [*(message.blocks or []), *_attached(message.attachments or [])]
    pressed = _pressed(ask, blocks, ask.world.suggested.get(message.ts))
    return await interactions.press_message(ask.world, user.id, message, pressed, find)


async def attachment(ask: Ask) -> Body:
    """A person presses a button of an attachment, by its name and value."""
    user, channel = ask.own_channel()
    message = ask.message(channel)
    ask = _to_author(ask, message)
    for one in message.attachments or []:
        for action in one.get("actions") or []:
            named = str(one.get("id")) == ask.text("id") and action.get("name") == ask.text("name")
            if named and ask.text("value") in ("", str(action.get("value", ""))):
                return await interactions.press_attachment(ask.world, user.id, message, one, action)
    raise RefusedError(f"There is no button {ask.text('name')} in that message.", 404)


def _to_author(ask: Ask, message: Message) -> Ask:
    """The same request, put to the app that wrote the message."""
    author = ask.world.of_app(str((message.bot or {}).get("app_id", "")))
    if not author:
        raise RefusedError("This button belongs to an app that isn't in the sandbox, so no one would hear of it.")
    return ask.to(author)


def _attached(attachments: list[Body]) -> list[Body]:
    return [block for one in attachments for block in one.get("blocks") or []]


def _open(ask: Ask) -> tuple[Ask, View]:
    """The topmost modal of the person, and the request as put to its app."""
    view = ask.world.views.top(ask.user().id)
    if not view:
        raise RefusedError(f"{ask.user().name} has no open modal.", 404)
    return ask.to(_owner(ask, view)), view


def _owner(ask: Ask, view: View) -> World:
    return ask.world.of_app(view.app) or ask.world


def _own_home(ask: Ask) -> tuple[Ask, View]:
    """The App Home that the app has published for the person."""
    ask = ask.to_app()
    view = ask.world.views.homes.get(ask.user().id)
    if not view:
        raise RefusedError(f"{ask.user().name} has no App Home yet.", 404)
    return ask, view


async def submit(ask: Ask) -> Body:
    """Submit the topmost modal; `view` says which one that has to be, since an app may have opened another."""
    ask, view = _open(ask)
    if (meant := ask.fields.get("view")) and meant != view.id:
        raise RefusedError("Another form was opened in place of this one.", 409)
    await fill(ask, view, ask.fields.get("values") or {})
    return await interactions.submit(ask.world, view)


async def close(ask: Ask) -> Body:
    ask, view = _open(ask)
    await interactions.close(ask.world, view, everything=ask.flag("all"))
    return {"ok": True}


async def options(ask: Ask) -> Body:
    """What the app offers for an external select: in the open modal, with `home` in the Home, else in a message."""
    if ask.text("ts"):
        user, channel = ask.own_channel()
        message = ask.message(channel)
        ask = _to_author(ask, message)
        place = _select(ask, [*(message.blocks or []), *_attached(message.attachments or [])])
        found = await interactions.suggest_in_message(ask.world, user.id, message, *place, ask.text("value"))
    else:
        ask, view = _own_home(ask) if ask.flag("home") else _open(ask)
        found = await interactions.suggest(ask.world, view, *_select(ask, view.blocks), ask.text("value"))
    return {"options": found}


def _select(ask: Ask, blocks: list[Body]) -> tuple[Body, Body]:
    wanted = ask.text("action_id")
    found = next(((block, one) for block, one in elements(blocks) if one.get("action_id") == wanted), None)
    if not found:
        raise RefusedError(f"There is no field {wanted}.", 404)
    return found


async def home(ask: Ask) -> Body:
    """Opens the App Home or the messages tab; on a first visit it waits a moment for the app to fill it."""
    ask = ask.to_app()
    user = ask.user().id
    view = ask.world.views.homes.get(user)
    shape = view.to_slack(ask.world.app) if view else None
    tab = ask.text("tab", "home")
    ask.world.events.home_opened(user, tab, shape if tab == "home" else None)
    if tab == "home" and not view:
        await _first_home(ask, user)
    await ask.world.flush()
    return {"view": _home(ask, user)}


async def _first_home(ask: Ask, user: str) -> None:
    queue = ask.world.stream.subscribe()
    try:
        async with asyncio.timeout(FIRST_HOME_SECONDS):
            while user not in ask.world.views.homes:
                await queue.get()
    except TimeoutError:
        pass
    finally:
        ask.world.stream.unsubscribe(queue)


def _home(ask: Ask, user: str) -> Body | None:
    view = ask.world.views.homes.get(user)
    return view.to_page(ask.world.app) if view else None


def views(ask: Ask) -> Body:
    user = ask.user().id
    modals = [one.to_page(_owner(ask, one).app) for one in ask.world.views.stacks.get(user, ())]
    return {"modals": modals, "home": _home(ask.to_app(), user)}


ROUTES = (
    Route(
        "POST",
        "action",
        action,
        ("user",),
        ("channel", "ts", "action_id", "label", "block_id", "value", "values", "view", "home", "app"),
    ),
    Route("POST", "attachment", attachment, ("user", "channel", "ts", "id", "name"), ("value",)),
    Route("POST", "submit", submit, ("user",), ("values", "view")),
    Route("POST", "close", close, ("user",), ("all",)),
    Route("POST", "home", home, ("user",), ("tab", "app")),
    Route("GET", "views", views, ("user",), ("app",)),
    Route("GET", "options", options, ("user", "action_id"), ("value", "block_id", "channel", "ts", "home", "app")),
)
