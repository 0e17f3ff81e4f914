"""What people do: type, post, react, upload, come and go."""

import base64
import binascii
import uuid
from typing import Any

from sandbox.control.ask import Ask, Body, RefusedError, Route
from sandbox.delivery import interactions
from sandbox.files import add_file
from sandbox.model import Channel, Message, User


async def command(ask: Ask) -> Body:
    user, channel = ask.own_channel()
    name = ask.text("command")
    name = name if name.startswith("/") else f"/{name}"
    known = ask.world.app.command(name)
    if not known:
        raise RefusedError(f"{name} is not a valid command.", 404)
    text = ask.text("text")
    text = ask.workspace.typed(text) if known.get("should_escape") else text
    return await interactions.command(ask.world, user.id, channel, name, text)


async def message(ask: Ask) -> Body:
    user, channel = ask.own_channel()
    if channel.is_archived:
        raise RefusedError(f"{channel.name} is archived.", 403)
    files = [_file(ask, user, one) for one in ask.fields.get("files") or []]
    if not ask.text("text").strip() and not files:
        raise RefusedError("A message needs a text or a file.")
    made = Message("", channel.id, user.id, ask.workspace.typed(ask.text("text")), files=files)
    made.thread_ts = _thread(ask, channel)
    made.extra = {"client_msg_id": str(uuid.uuid4())}
    if made.thread_ts and ask.flag("reply_broadcast"):
        made.extra["reply_broadcast"] = True
    posted = ask.workspace.post(made)
    await ask.world.queue.flush()
    return {"ok": True, "ts": posted.ts, "channel": channel.id}


def _thread(ask: Ask, channel: Channel) -> str | None:
    wanted = ask.text("thread_ts")
    parent = channel.messages.get(wanted)
    if wanted and not parent and not channel.threads.get(wanted):
        raise RefusedError(f"There is no message {wanted} in {channel.name}.", 404)
    return (parent.thread_ts if parent else None) or wanted or None


def _file(ask: Ask, user: User, wanted: Any) -> Body:
    """An uploaded file's id, or a new file with its content as text or base64."""
    if isinstance(wanted, str):
        if wanted not in ask.workspace.files:
            raise RefusedError(f"There is no file {wanted}.", 404)
        return ask.workspace.files[wanted]
    if not isinstance(wanted, dict) or "name" not in wanted:
        raise RefusedError("A file is an id, or an object with name and content.")
    return add_file(ask.world, user.id, str(wanted["name"]), _content(wanted))


def _content(wanted: Body) -> bytes:
    if "content_base64" not in wanted:
        return str(wanted.get("content", "")).encode()
    try:
        return base64.b64decode(wanted["content_base64"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise RefusedError("content_base64 is not base64.") from None


def upload(ask: Ask) -> Body:
    return {"file": add_file(ask.world, ask.user().id, ask.text("filename", "file"), ask.content)}


def _own(ask: Ask) -> Message:
    user, channel = ask.own_channel()
    found = ask.message(channel)
    if found.user != user.id:
        raise RefusedError(f"{user.name} did not write that message.", 403)
    return found


async def edit(ask: Ask) -> Body:
    found = _own(ask)
    text = ask.workspace.typed(ask.text("text"))
    ask.workspace.edit(found, found.user, text=text)
    await ask.world.queue.flush()
    return {"ok": True, "ts": found.ts}


async def delete(ask: Ask) -> Body:
    found = _own(ask)
    ask.workspace.delete(found)
    await ask.world.queue.flush()
    return {"ok": True, "ts": found.ts}


async def reaction(ask: Ask) -> Body:
    user, channel = ask.own_channel()
    found = ask.message(channel)
    name = ask.text("name").strip(":")
    changed = ask.workspace.unreact if ask.flag("remove") else ask.workspace.react
    done = changed(found, user.id, name)
    await ask.world.queue.flush()
    return {"ok": True, "changed": done}


async def shortcut(ask: Ask) -> Body:
    user = ask.user()
    callback_id = ask.text("callback_id")
    known = ask.world.app.shortcut(callback_id)
    if not known:
        raise RefusedError(f"The app has no shortcut {callback_id}.", 404)
    if not ask.text("ts"):
        return await interactions.shortcut(ask.world, user.id, callback_id)
    if known["type"] != "message":
        raise RefusedError(f"{callback_id} is not a message shortcut.")
    _, channel = ask.own_channel()
    return await interactions.message_shortcut(ask.world, user.id, callback_id, ask.message(channel))


async def join(ask: Ask) -> Body:
    ask.workspace.join(ask.channel(), ask.user().id)
    await ask.world.queue.flush()
    return {"ok": True}


async def leave(ask: Ask) -> Body:
    ask.workspace.leave(ask.channel(), ask.user().id)
    await ask.world.queue.flush()
    return {"ok": True}


async def archive(ask: Ask) -> Body:
    admin = ask.workspace.user("admin").id
    ask.workspace.archive(ask.channel(), admin, archived=ask.flag("archived", default=True))
    await ask.world.queue.flush()
    return {"ok": True}


async def group(ask: Ask) -> Body:
    """Makes a user group, or says anew who is in it."""
    handle = ask.text("handle").lstrip("@").lower()
    if not handle:
        raise RefusedError("A user group needs a handle.")
    users = [ask.workspace.user(str(one)).id for one in ask.fields.get("users") or []]
    made = ask.workspace.groups.put(handle, users, name=ask.text("name"), disabled=ask.flag("disabled"))
    await ask.world.queue.flush()
    return {"ok": True, "group": made.to_page()}


def person(ask: Ask) -> Body:
    """Set a person's presence, do-not-disturb in seconds, deactivation or time zone."""
    user = ask.user()
    user.away = ask.flag("away", default=user.away)
    user.deleted = ask.flag("deactivated", default=user.deleted)
    user.tz = ask.text("tz") or user.tz
    if "quiet" in ask.fields:
        user.quiet_until = int(ask.world.clock.seconds() + float(ask.fields["quiet"]))
    return {"ok": True}


ROUTES = (
    Route("POST", "command", command, ("user", "channel", "command"), ("text",)),
    Route("POST", "message", message, ("user", "channel"), ("text", "thread_ts", "files", "reply_broadcast")),
    Route("POST", "upload", upload, ("user",), ("filename",), raw=True),
    Route("POST", "edit", edit, ("user", "channel", "ts", "text")),
    Route("POST", "delete", delete, ("user", "channel", "ts")),
    Route("POST", "reaction", reaction, ("user", "channel", "ts", "name"), ("remove",)),
    Route("POST", "shortcut", shortcut, ("user", "callback_id"), ("channel", "ts")),
    Route("POST", "join", join, ("user", "channel")),
    Route("POST", "leave", leave, ("user", "channel")),
    Route("POST", "groups", group, ("handle",), ("users", "name", "disabled")),
    Route("POST", "person", person, ("user",), ("away", "quiet", "deactivated", "tz")),
    Route("POST", "archive", archive, ("channel",), ("archived",)),
)
