"""The first message to a follower, and the menu with which they choose their updates."""

from typing import Any

from bot.views.text import Block, actions, button, message, plain, quote, section
from domain.conversations.following import FollowLevel
from domain.tickets.ticket import Ticket

WANTS = "wants"


def you_follow(ticket: Ticket) -> dict[str, Any]:
    """Welcome a person who is affected too."""
    text = f"You're affected by *{ticket.name}* · {quote(ticket.summary)}. We'll send you its updates here."
    return message(text, [section(text), actions(_show(ticket), menu(ticket.id, FollowLevel.ALL))])


def follows(ticket: Ticket, wants: FollowLevel) -> dict[str, Any]:
    """Welcome a person who watches and is not affected."""
    text = f"You're following *{ticket.name}* · {quote(ticket.summary)}. We'll send you its updates here."
    return message(text, [section(text), actions(_show(ticket), menu(ticket.id, wants))])


def merged(ticket: Ticket, into: Ticket) -> dict[str, Any]:
    """Tell a follower of the merged ticket, with the menu for the other ticket."""
    text = f"*{ticket.name}* is the same problem as *{into.name}* · {quote(into.summary)}. We'll continue there."
    return message(text, [section(text), actions(_show(into), menu(into.id, FollowLevel.ALL))])


def menu(ticket_id: int, chosen: FollowLevel) -> Block:
    """Return the menu of follow levels; an option's value is `<ticket id>:<level>`."""
    options = [{"text": plain(one.label), "value": f"{ticket_id}:{one}"} for one in FollowLevel]
    initial = options[list(FollowLevel).index(chosen)]
    return {"type": "static_select", "action_id": WANTS, "options": options, "initial_option": initial}


CONFIRMATIONS = {
    FollowLevel.ALL: "You'll get all updates on {ticket}.",
    FollowLevel.CHANGES: "You'll get the status changes of {ticket}.",
    FollowLevel.RESOLUTION: "You'll get one message when {ticket} is closed.",
    FollowLevel.NOTHING: "You won't get updates on {ticket}.",
}


def confirmation(ticket: Ticket, wants: FollowLevel) -> str:
    """Confirm which updates the person gets from now on."""
    return CONFIRMATIONS[wants].format(ticket=ticket.name)


def _show(ticket: Ticket) -> Block:
    return button(f"Show {ticket.name}", "show", str(ticket.id))
