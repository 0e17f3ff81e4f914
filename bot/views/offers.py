"""Messages whose buttons have lost their meaning: the same message without them."""

from collections.abc import Collection
from typing import Any

from bot.views.text import Block, context

CLOSED = "This question is closed."


def buttons_of(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the action and the value of each button in the rows of buttons of a message."""
    rows = (block["elements"] for block in payload.get("blocks") or () if block["type"] == "actions")
    return [(action_of(one), str(one.get("value") or "")) for row in rows for one in row]


def without(payload: dict[str, Any], actions: Collection[str], note: str = "") -> dict[str, Any]:
    """Return a message without the buttons of some actions; `note` stands in their place."""
    return {**payload, "blocks": [new for block in payload.get("blocks") or () for new in _left(block, actions, note)]}


def action_of(element: Block) -> str:
    """Return the action of a button, without the part that tells it from others of its kind."""
    return str(element.get("action_id") or "").partition(":")[0]


def _left(block: Block, actions: Collection[str], note: str) -> list[Block]:
    if block["type"] != "actions":
        return [block]
    kept = [one for one in block["elements"] if action_of(one) not in actions]
    ended = [context(note)] if note and len(kept) < len(block["elements"]) else []
    return ([{**block, "elements": kept}] if kept else []) + ended
