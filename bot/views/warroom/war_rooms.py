"""War rooms in Slack: the card, the forms for roles and for closing, and what people read about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import PersonInput, TextInput
from bot.views.people.names import name_of
from bot.views.text import actions, button, context, duration, escape, mention, message, quote, section, when
from bot.views.tickets.work import ticket_of
from domain.delivery.message import link_to
from domain.tickets.ticket import Ticket
from domain.warroom.war_room import TEXT_LIMIT, TimelineEntry, WarRoom, WarRoomRole

Message = dict[str, Any]
OPEN, ROLES, CLOSE = "war_room", "war_room_roles", "war_room_close"
FIELDS = tuple(PersonInput(id=role.value, label=role.label) for role in WarRoomRole)
SUMMARY = TextInput(id="summary", label="Summary", required=True, limit=TEXT_LIMIT,
                    error="The summary is empty. Write what happened and what comes next.")  # fmt: skip
NO_ONE = "no one"
SHOWN = 40  # entries of a timeline
# What Slack calls the reason, for people.
REFUSALS = {
    "restricted_action": "The workspace doesn't let apps create channels",
    "missing_scope": "Slack's permission `channels:manage` is not granted",
    "is_archived": "Its channel was archived",
    "not_in_channel": "Hypercare was removed from its channel",
    "channel_not_found": "Its channel was deleted",
}


def card(war_room: WarRoom, ticket: Ticket) -> Message:
    """Return the first message of a war room, which is pinned in its channel."""
    owner = mention(ticket.owner) if ticket.owner else NO_ONE
    title = f"War room of {ticket.name}"
    facts = [f"*{title}*: {quote(ticket.summary)}",
             f"{ticket.severity.value.capitalize()} · {ticket.status.label.capitalize()} · Owner: {owner}",
             _roles(war_room.roles)]  # fmt: skip
    if not war_room.is_open:
        return message(f"{title}, closed", [section("\n".join(facts)), context(f"Closed {when_closed(war_room)}")])
    hint = "Add :pushpin: to a message to put it into the timeline."
    buttons = [button("Set roles", ROLES, str(ticket.id), name=f"Set roles: {ticket.name}"),
               button("Wrap up", CLOSE, str(ticket.id), name=f"Close the war room of {ticket.name}")]  # fmt: skip
    return message(title, [section("\n".join(facts)), context(hint), actions(*buttons)])


def when_closed(war_room: WarRoom) -> str:
    """Return when it was closed."""
    return when(war_room.closed_at) if war_room.closed_at else ""


def _roles(roles: Mapping[WarRoomRole, str]) -> str:
    return " · ".join(f"{role.label}: {mention(one) if one else NO_ONE}" for role, one in roles.items())


def opened(person: str, lane: str) -> Message:
    """Tell the team in the thread of the card that there is a war room, with a link to its channel."""
    return message(f"{name_of(person)} opened a war room: {link_to(lane, 'its own channel')}")


def in_thread(ticket: Ticket, reason: str) -> Message:
    """Tell the team why the war room goes on in the thread of the card."""
    why = REFUSALS.get(reason, f"Slack refuses the channel (`{escape(reason)}`)")
    return message(f"{why}, so this thread is the war room of {ticket.name}.")


def roles_set(changed: Mapping[WarRoomRole, str]) -> Message:
    """Tell the war room who does what from now on."""
    return message(_roles(changed))


def roles_form(war_room: WarRoom, ticket: Ticket) -> dict[str, Any]:
    """Return the form for who does what."""
    values = {role.value: one for role, one in war_room.roles.items()}
    return form.modal(ROLES, "War room", FIELDS, values=values, metadata={"ticket": ticket.id})


def read_roles(view: Mapping[str, Any]) -> tuple[int, dict[WarRoomRole, str]]:
    """Return the id of the ticket, and who has each role."""
    values = form.read_all(view, FIELDS)
    return ticket_of(view), {role: values.get(role.value, "") for role in WarRoomRole}


def close_form(war_room: WarRoom, ticket: Ticket, entries: Sequence[TimelineEntry]) -> dict[str, Any]:
    """Return the form that closes a war room, with its timeline."""
    note = "Its channel is archived. The summary and the timeline go to the thread of the ticket's card."
    shown = note if war_room.own_channel else "The summary and the timeline are posted in this thread."
    return form.modal(
        CLOSE, "Close war room", (SUMMARY,), submit="Close", metadata={"ticket": ticket.id},
        before=[context(shown)], after=[section(_timeline(entries))] if entries else (),
    )  # fmt: skip


def read_close_form(view: Mapping[str, Any]) -> tuple[int, str]:
    """Return the id of the ticket, and the summary."""
    return ticket_of(view), str(form.read_all(view, (SUMMARY,))["summary"])


def closed(war_room: WarRoom, ticket: Ticket, entries: Sequence[TimelineEntry]) -> Message:
    """Return the summary of a closed war room with its timeline."""
    took = duration((war_room.closed_at - war_room.opened_at).total_seconds() / 60) if war_room.closed_at else ""
    ended = f"{ticket.name} is {ticket.status.label}, so its war room is closed"
    title = f"{name_of(war_room.closed_by)} closed the war room of {ticket.name}" if war_room.summary else ended
    blocks = [section(f"*{title}* after {took}."), context(_roles(war_room.roles))]
    blocks += [section(quote(war_room.summary, TEXT_LIMIT - 100))] if war_room.summary else []
    blocks += [section(_timeline(entries))] if entries else []
    return message(f"{title}.", blocks)


def _timeline(entries: Sequence[TimelineEntry]) -> str:
    rest = len(entries) - SHOWN
    lines = [f"{when(one.at)} · {name_of(one.author)}: {quote(one.text, 200)}" for one in entries[:SHOWN]]
    return "\n".join(["*Timeline*", *lines, *([f"… and {rest} more"] if rest > 0 else [])])


def answer(ticket: Ticket, *, own_channel: bool) -> str:
    """Return the answer to the command that opened a war room."""
    if own_channel:
        return f"The war room of {ticket.name} is open. Its people are being invited to its channel."
    return f"The war room of {ticket.name} is open, in the thread of its card."
