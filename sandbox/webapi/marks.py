"""reactions.*, pins.* and bookmarks.*: marks that are put on messages and channels."""

import re

from sandbox.errors import SlackError
from sandbox.model import Message
from sandbox.webapi.call import Body, Call, Method

ITEM = ("channel", "timestamp")


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
    pins = call.workspace.channels[message.channel].pins
    if message.ts in pins:
        raise SlackError("already_pinned")
    pins.append(message.ts)
    return {}


def bookmark(call: Call) -> Body:
    channel = call.channel("channel_id")
    made = {"id": call.workspace.ids.next("Bk"), "channel_id": channel.id, "title": call.text("title")}
    made |= {"link": call.text("link"), "type": call.text("type"), "app_id": call.world.app.id}
    channel.bookmarks.append(made)
    return {"bookmark": made}


METHODS = {
    "reactions.add": Method(add, ("reactions:write",), 3, (*ITEM, "name")),
    "reactions.remove": Method(remove, ("reactions:write",), 2, ("name",)),
    "reactions.get": Method(get, ("reactions:read",), 3),
    "pins.add": Method(pin, ("pins:write",), 2, ("channel",)),
    "bookmarks.add": Method(bookmark, ("bookmarks:write",), 2, ("channel_id", "title", "type")),
}
