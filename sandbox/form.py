"""What Slack itself checks in a modal before it bothers the app: required fields and lengths."""

import re
from typing import Any

from sandbox.inputs import KINDS, Element, State, plain_of

REQUIRED = "Please complete this required field."


def problems(blocks: list[dict[str, Any]], state: State) -> dict[str, str]:
    """Block id → what is wrong there, empty when the form may be submitted."""
    found = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            value = state.get(block["block_id"], {}).get(element["action_id"], {})
            if sentence := _problem(block, element, value.get(KINDS[element["type"]].field)):
                found[block["block_id"]] = sentence
    return found


def _problem(block: dict[str, Any], element: Element, value: Any) -> str | None:
    empty = value in (None, "", []) or (element["type"] == "rich_text_input" and not plain_of(value).strip())
    if isinstance(value, str) and not value.strip():
        empty = True
    if empty:
        return None if block.get("optional") else REQUIRED
    match element["type"]:
        case "plain_text_input":
            return _length(element, value)
        case "number_input":
            return _number(element, value)
        case "email_text_input":
            return None if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) else "Please enter a valid email address."
        case "url_text_input":
            return None if re.fullmatch(r"https?://\S+", value) else "Please enter a valid URL."
    return _count(element, value)


def _length(element: Element, value: str) -> str | None:
    if len(value) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"Please enter at most {element.get('max_length', 3000)} characters."
    return None


def _number(element: Element, value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element.get("is_decimal_allowed") else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Please enter a valid number." if element.get("is_decimal_allowed") else "Please enter a whole number."
    if "min_value" in element and float(value) < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and float(value) > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None


def _count(element: Element, value: Any) -> str | None:
    wanted = [one.lower() for one in element.get("filetypes") or []]
    if wanted and any(one["name"].rpartition(".")[2].lower() not in wanted for one in value):
        return f"Please choose files of type {', '.join(wanted)}."
    most = element.get("max_selected_items") or element.get("max_files")
    if most and isinstance(value, list) and len(value) > most:
        return f"Please choose at most {most}."
    return None
