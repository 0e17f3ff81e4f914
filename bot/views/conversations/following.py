"""What a follower reads first, and where they say what they want to hear."""

from typing import Any

from bot.views.text import Block, actions, button, message, plain, quote, section
from domain.conversations.following import FollowLevel
from domain.tickets.ticket import Ticket

WANTS = "wants"


def you_follow(ticket: Ticket) -> dict[str, Any]:
    """To somebody who is affected too."""
    text = f"You're affected by *{ticket.name}* · {quote(ticket.summary)}. We'll send you its updates here."
    return message(text, [section(text), actions(_show(ticket), menu(ticket.id, FollowLevel.ALL))])


def follows(ticket: Ticket, wants: FollowLevel) -> dict[str, Any]:
    """To somebody who only watches."""
    text = f"You follow *{ticket.name}* · {quote(ticket.summary)}."
    return message(text, [section(text), actions(_show(ticket), menu(ticket.id, wants))])


def merged(ticket: Ticket, into: Ticket) -> dict[str, Any]:
    """To whoever follows the merged one, with what they want to hear of the other."""
    text = f"*{ticket.name}* is the same problem as *{into.name}* · {quote(into.summary)}. We'll continue there."
    return message(text, [section(text), actions(_show(into), menu(into.id, FollowLevel.ALL))])


def menu(ticket_id: int, chosen: FollowLevel) -> Block:
    """What they want to hear: `ticket:wants`."""
    options = [{"text": plain(one.label), "value": f"{ticket_id}:{one}"} for one in FollowLevel]
    initial = options[list(FollowLevel).index(chosen)]
    return {"type": "static_select", "action_id": WANTS, "options": options, "initial_option": initial}


def said(ticket: Ticket, wants: FollowLevel) -> str:
    """What is from now on."""
    heard = {FollowLevel.ALL: "everything", FollowLevel.CHANGES: "what changes", FollowLevel.RESOLUTION: "how it ends",
             FollowLevel.NOTHING: "nothing any more"}  # fmt: skip
    return f"Of {ticket.name} you hear {heard[wants]}."


def _show(ticket: Ticket) -> Block:
    return button(f"Show {ticket.name}", "show", str(ticket.id))
