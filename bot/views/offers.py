"""Messages whose buttons have lost their meaning: the same message without them, and what came of its question."""

from collections.abc import Collection
from typing import Any

from bot.views.people.names import name_of
from bot.views.text import Block, context
from domain.followup.verification import FixAnswer
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket

WHILE_ASKED = "while_asked"  # the id of a block that is true only while its question is open
ANSWERED = {
    FixAnswer.YES: "You said that it's fixed for you.",
    FixAnswer.CANNOT_CHECK: "You said that you can't check it.",
}
DATES = {
    EventKind.PROMISED: "A new date was promised.",
    EventKind.PROMISE_ON_TRACK: "You said that it's on track.",
    EventKind.PROMISE_MISSED: "The date has passed.",
}


def buttons_of(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the action and the value of each button in the rows of buttons of a message."""
    rows = (block["elements"] for block in payload.get("blocks") or () if block["type"] == "actions")
    return [(action_of(one), str(one.get("value") or "")) for row in rows for one in row]


def without(payload: dict[str, Any], actions: Collection[str], note: str = "") -> dict[str, Any]:
    """Return a message without the buttons of some actions; `note` stands in their place.

    What was true only while they were there goes with them.
    """
    blocks = [block for block in payload.get("blocks") or () if block.get("block_id") != WHILE_ASKED]
    return {**payload, "blocks": [new for block in blocks for new in _left(block, actions, note)]}


def while_asked(text: str) -> Block:
    """Return a line below a question that goes when its buttons do, such as what follows without an answer."""
    return {**context(text), "block_id": WHILE_ASKED}


def outcome(ticket: Ticket) -> str:
    """Say what came of a question that ends with its ticket, or with its being open again."""
    return f"{ticket.name} is {ticket.status.label}." if not ticket.status.is_open else f"{ticket.name} is open again."


def fix_outcome(ticket: Ticket, answer: FixAnswer | None) -> str:
    """Say what came of the question whether it is fixed, to a person who gave that answer."""
    return ANSWERED[answer] if answer and ticket.status is Status.RESOLVED else outcome(ticket)


def date_outcome(ticket: Ticket, logged: Collection[EventKind]) -> str:
    """Say what came of the question whether a date holds."""
    return next((said for kind, said in DATES.items() if kind in logged), outcome(ticket))


def owner_outcome(ticket: Ticket, logged: Collection[EventKind]) -> str:
    """Say what came of the question whether the owner is still working on it."""
    if EventKind.OWNER_SILENT in logged:
        return f"No answer came, so {ticket.name} is unassigned and paging has started again."
    if not ticket.status.is_open:
        return outcome(ticket)
    return f"{name_of(ticket.owner)} is working on {ticket.name}." if ticket.owner else f"{ticket.name} is unassigned."


def action_of(element: Block) -> str:
    """Return the action of a button, without the part that tells it from others of its kind."""
    return str(element.get("action_id") or "").partition(":")[0]


def _left(block: Block, actions: Collection[str], note: str) -> list[Block]:
    if block["type"] != "actions":
        return [block]
    kept = [one for one in block["elements"] if action_of(one) not in actions]
    ended = [context(note)] if note and len(kept) < len(block["elements"]) else []
    return ([{**block, "elements": kept}] if kept else []) + ended
