"""The inputs of Block Kit: their empty, first and chosen states, in the shapes Slack reports them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Element = dict[str, Any]
State = dict[str, dict[str, dict[str, Any]]]
Lookup = Callable[[str], Any]


class UnknownChoiceError(Exception):
    """A value was given that the input does not offer."""


@dataclass(frozen=True)
class Kind:
    field: str
    initial: str
    many: bool = False
    options: bool = False


KINDS = {
    "plain_text_input": Kind("value", "initial_value"),
    "email_text_input": Kind("value", "initial_value"),
    "url_text_input": Kind("value", "initial_value"),
    "number_input": Kind("value", "initial_value"),
    "rich_text_input": Kind("rich_text_value", "initial_value"),
    "static_select": Kind("selected_option", "initial_option", options=True),
    "external_select": Kind("selected_option", "initial_option", options=True),
    "radio_buttons": Kind("selected_option", "initial_option", options=True),
    "checkboxes": Kind("selected_options", "initial_options", many=True, options=True),
    "multi_static_select": Kind("selected_options", "initial_options", many=True, options=True),
    "multi_external_select": Kind("selected_options", "initial_options", many=True, options=True),
    "users_select": Kind("selected_user", "initial_user"),
    "multi_users_select": Kind("selected_users", "initial_users", many=True),
    "channels_select": Kind("selected_channel", "initial_channel"),
    "multi_channels_select": Kind("selected_channels", "initial_channels", many=True),
    "conversations_select": Kind("selected_conversation", "initial_conversation"),
    "multi_conversations_select": Kind("selected_conversations", "initial_conversations", many=True),
    "datepicker": Kind("selected_date", "initial_date"),
    "timepicker": Kind("selected_time", "initial_time"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time"),
    "file_input": Kind("files", "initial_files", many=True),
}

# An overflow menu is picked from like a select, but remembers nothing.
MENU = Kind("selected_option", "", options=True)


def elements(blocks: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Element]]:
    """Every interactive element with the block it stands in."""
    for block in blocks:
        for element in _inside(block):
            yield block, element
        nested = block.get("child_blocks") or (block.get("elements") if block["type"] == "carousel" else None)
        yield from elements(nested or [])


def _inside(block: dict[str, Any]) -> list[Element]:
    match block["type"]:
        case "input":
            return [block["element"]]
        case "section":
            return [one for one in [block.get("accessory")] if one]
        case "actions" | "context_actions":
            return list(block["elements"])
        case "card":
            return list(block.get("actions") or [])
    return []


def first_state(blocks: list[dict[str, Any]]) -> State:
    state: State = {}
    for block, element in elements(blocks):
        if element["type"] in KINDS:
            state.setdefault(block["block_id"], {})[element["action_id"]] = first(element)
    return state


def first(element: Element) -> dict[str, Any]:
    kind = KINDS[element["type"]]
    value = element.get(kind.initial)
    if value is None and kind.many:
        value = []
    return _with_zone(element, {"type": element["type"], kind.field: value})


def _with_zone(element: Element, state: dict[str, Any]) -> dict[str, Any]:
    if element["type"] == "timepicker" and "timezone" in element:
        state["timezone"] = element["timezone"]
    return state


def files_in(state: State) -> Iterator[dict[str, Any]]:
    """The files that a form hands to the app."""
    for inputs in state.values():
        for one in inputs.values():
            yield from one.get("files") or () if one["type"] == "file_input" else ()


def options_of(element: Element) -> list[dict[str, Any]]:
    grouped = [one for group in element.get("option_groups") or [] for one in group["options"]]
    return list(element.get("options") or []) + grouped


def chosen(element: Element, value: Any, lookup: Lookup) -> dict[str, Any]:
    """The state of `element` when a person chose or typed `value`, however they put it."""
    kind = KINDS.get(element["type"], MENU)
    if isinstance(value, dict) and value.get("type") == element["type"]:
        value = value.get(kind.field)
    if kind.many:
        listed = value if isinstance(value, list) else [] if value in (None, "") else [value]
        picked: Any = [_one(element, kind, one, lookup) for one in listed]
    else:
        picked = None if value in (None, "") else _one(element, kind, value, lookup)
    return _with_zone(element, {"type": element["type"], kind.field: picked})


def _one(element: Element, kind: Kind, value: Any, lookup: Lookup) -> Any:
    if kind.options:
        return _option(element, value)
    match element["type"].removeprefix("multi_"):
        case "users_select" | "channels_select" | "conversations_select" | "file_input":
            return lookup(f"{element['type'].removeprefix('multi_')}:{_id_of(value)}")
        case "datetimepicker":
            return int(value)
        case "rich_text_input":
            return value if isinstance(value, dict) else rich_text(str(value))
        case "datepicker" | "timepicker":
            return str(value)
    return str(value)


def _id_of(value: Any) -> str:
    return str(value["id"] if isinstance(value, dict) and "id" in value else value)


def _option(element: Element, value: Any) -> dict[str, Any]:
    wanted = value.get("value") if isinstance(value, dict) else value
    for option in options_of(element):
        if wanted in (option.get("value"), option["text"]["text"]):
            return dict(option)
    if "external" in element["type"] and isinstance(value, dict):
        return value
    raise UnknownChoiceError(f"{element.get('action_id')} does not offer {wanted}.")


def rich_text(text: str) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def plain_of(rich: dict[str, Any] | None) -> str:
    """The words of a rich text value, to see whether there are any."""
    if not rich:
        return ""
    inner = "".join(plain_of(one) for one in rich.get("elements", ()))
    return str(rich.get("text") or rich.get("name") or rich.get("user_id") or "") + inner
