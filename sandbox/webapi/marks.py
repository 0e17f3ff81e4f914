"""reactions.*, pins.* and bookmarks.*: marks that are put on messages and channels."""

import re

from sandbox.errors import SlackError
from sandbox.model import Message
from sandbox.webapi.call import Body, Call, Method, cursor_body

ITEM = ("channel", "timestamp")
MAX_PINS = 100


def _item(call: Call) -> Message:
    channel = call.channel()
    if not call.text("timestamp"):
        raise SlackError("no_item_specified")
    if not re.fullmatch(r"\d+\.\d+", call.text("timestamp")):
        raise SlackError("bad_timestamp")
    if call.bot not in channel.members:
        raise SlackError("not_in_channel")
    return call.message(channel, "timestamp")


def _name(call: Call) -> str:
    name = call.text("name").strip(":")
    if not re.fullmatch(r"[\w+'-]+(::skin-tone-[2-6])?", name):
        raise SlackError("invalid_name")
    return name


def add(call: Call) -> Body:
    message = _item(call)
    if call.workspace.channels[message.channel].is_archived:
        raise SlackError("is_archived")
    if not call.workspace.react(message, call.bot, _name(call)):
        raise SlackError("already_reacted")
    return {}


def remove(call: Call) -> Body:
    if not call.workspace.unreact(_item(call), call.bot, _name(call)):
        raise SlackError("no_reaction")
    return {}


def get(call: Call) -> Body:
    message = _item(call)
    return {"type": "message", "channel": message.channel, "message": call.workspace.shape(message)}


def pin(call: Call) -> Body:
    message = _item(call)
    channel, pins = call.workspace.channels[message.channel], call.workspace.channels[message.channel].pins
    if channel.is_archived:
        raise SlackError("is_archived")
    if message.ts in pins:
        raise SlackError("already_pinned")
    if len(pins) >= MAX_PINS:
        raise SlackError("too_many_pins")
    pins.append(message.ts)
    return {}


def bookmark(call: Call) -> Body:
    channel = call.channel("channel_id")
    made = {"id": call.workspace.ids.next("Bk"), "channel_id": channel.id, "title": call.text("title")}
    made |= {"link": call.text("link"), "type": call.text("type"), "app_id": call.world.app.id}
    channel.bookmarks.append(made)
    return {"bookmark": made}


def _bookmark(call: Call) -> Body:
    found = [one for one in call.channel("channel_id").bookmarks if one["id"] == call.text("bookmark_id")]
    if not found:
        raise SlackError("bookmark_not_found")
    return found[0]


def edit_bookmark(call: Call) -> Body:
    found = _bookmark(call)
    found |= {name: call.text(name) for name in ("title", "link", "emoji") if call.text(name)}
    return {"bookmark": found}


def remove_bookmark(call: Call) -> Body:
    call.channel("channel_id").bookmarks.remove(_bookmark(call))
    return {}


def bookmarks(call: Call) -> Body:
    return {"bookmarks": call.channel("channel_id").bookmarks}


def unpin(call: Call) -> Body:
    message = _item(call)
    pins = call.workspace.channels[message.channel].pins
    if message.ts not in pins:
        raise SlackError("no_pin")
    pins.remove(message.ts)
    return {}


def pins(call: Call) -> Body:
    channel = call.channel()
    found = [channel.messages[ts] for ts in channel.pins if ts in channel.messages]
    return {"items": [{"type": "message", "channel": channel.id, "created": int(float(one.ts)), "created_by": call.bot,
                       "message": call.workspace.shape(one)} for one in found]}  # fmt: skip


def reacted(call: Call) -> Body:
    """What a person, or the app, has reacted to where the app can see it, newest first."""
    who = call.user().id if call.text("user") else call.bot
    seen = [one for one in call.workspace.channels.values() if call.bot in one.members]
    found = [
        one for channel in seen for one in channel.messages.values() if any(who in n for n in one.reactions.values())
    ]
    page, cursor = call.page(sorted(found, key=lambda one: one.ts, reverse=True))
    items = [{"type": "message", "channel": one.channel, "message": call.workspace.shape(one)} for one in page]
    return {"items": items} | cursor_body(cursor)


METHODS = {
    "reactions.list": Method(reacted, ("reactions:read",), 2),
    "pins.list": Method(pins, ("pins:read",), 2, ("channel",)),
    "pins.remove": Method(unpin, ("pins:write",), 2, ("channel",)),
    "bookmarks.list": Method(bookmarks, ("bookmarks:read",), 3, ("channel_id",)),
    "bookmarks.edit": Method(edit_bookmark, ("bookmarks:write",), 2, ("bookmark_id", "channel_id")),
    "bookmarks.remove": Method(remove_bookmark, ("bookmarks:write",), 2, ("bookmark_id", "channel_id")),
    "reactions.add": Method(add, ("reactions:write",), 3, (*ITEM, "name")),
    "reactions.remove": Method(remove, ("reactions:write",), 2, ("name",)),
    "reactions.get": Method(get, ("reactions:read",), 3),
    "pins.add": Method(pin, ("pins:write",), 2, ("channel",)),
    "bookmarks.add": Method(bookmark, ("bookmarks:write",), 2, ("channel_id", "title", "type")),
}
