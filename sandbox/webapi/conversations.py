"""conversations.* and users.conversations: channels and their members."""

import re

from sandbox.conversation import conversation
from sandbox.errors import SlackError
from sandbox.model import Channel
from sandbox.webapi.call import Body, Call, Method, cursor_body

MAX_OPEN, MAX_INVITED, MAX_TOPIC = 8, 100, 250
READ = ("channels:read", "groups:read", "im:read", "mpim:read")
MANAGE = ("channels:manage", "channels:write", "groups:write", "im:write", "mpim:write")
OPEN = ("im:write", "mpim:write", "channels:manage", "groups:write")
TOPIC = (*MANAGE, "channels:write.topic", "groups:write.topic", "im:write.topic", "mpim:write.topic")
INVITE = ("channels:manage", "channels:write.invites", "groups:write", "groups:write.invites", "im:write", "mpim:write")
TYPES = {"channel": "public_channel", "group": "private_channel", "im": "im", "mpim": "mpim"}


def shape(call: Call, channel: Channel) -> Body:
    return conversation(call.workspace, channel, call.bot)


def _visible(call: Call) -> list[Channel]:
    types = call.listed("types") or ["public_channel"]
    archived = call.flag("exclude_archived")
    return [
        one
        for one in call.workspace.channels.values()
        if TYPES[one.type] in types
        and (one.type == "channel" or call.bot in one.members)
        and not (archived and one.is_archived)
    ]


def list_all(call: Call) -> Body:
    page, cursor = call.page(_visible(call))
    return {"channels": [shape(call, one) for one in page]} | cursor_body(cursor)


def list_of_user(call: Call) -> Body:
    user = call.text("user") or call.bot
    page, cursor = call.page([one for one in _visible(call) if user in one.members])
    return {"channels": [shape(call, one) for one in page]} | cursor_body(cursor)


def info(call: Call) -> Body:
    return {"channel": shape(call, call.channel())}


def members(call: Call) -> Body:
    page, cursor = call.page(call.channel().members)
    return {"members": page} | cursor_body(cursor)


def readable(call: Call) -> Channel:
    channel = call.channel()
    if call.bot not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def open_im(call: Call) -> Body:
    users = call.listed("users")
    if call.text("channel"):
        return {"channel": shape(call, call.channel())}
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > MAX_OPEN:
        raise SlackError("too_many_users")
    if any(one not in call.workspace.users for one in users):
        raise SlackError("user_not_found")
    granted = call.world.app.scopes
    needed = "mpim:write" if len(users) > 1 else "im:write"
    if needed not in granted:
        raise SlackError("missing_scope", needed=needed, provided=",".join(granted))
    channel = call.workspace.im(users[0], call.bot) if len(users) == 1 else call.workspace.mpim([call.bot, *users])
    return {"channel": shape(call, channel) if call.flag("return_im") else {"id": channel.id}}


def join(call: Call) -> Body:
    channel = call.channel()
    if channel.type != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.bot in channel.members:
        warned = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
        return {"channel": shape(call, channel), **warned}
    call.workspace.join(channel, call.bot)
    return {"channel": shape(call, channel)}


def leave(call: Call) -> Body:
    if call.channel().type in ("im", "mpim"):
        raise SlackError("method_not_supported_for_channel_type")
    call.workspace.leave(call.channel(), call.bot)
    return {}


def _new_name(call: Call) -> str:
    name = call.text("name")
    if not name or len(name) > 80:
        raise SlackError("invalid_name_maxlength" if name else "invalid_name_required")
    if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
        raise SlackError("invalid_name_specials")
    if call.workspace.find_channel(name):
        raise SlackError("name_taken")
    return name


def _require(call: Call, scopes: tuple[str, ...], *, private: bool) -> None:
    """Refuse without a scope for that kind of channel: those of one kind say nothing about the other."""
    granted, prefix = call.world.app.scopes, "groups:" if private else "channels:"
    needed = [one for one in scopes if one.startswith(prefix)]
    if not set(needed) & set(granted):
        raise SlackError("missing_scope", needed=needed[0], provided=",".join(granted))


def _changeable(call: Call, scopes: tuple[str, ...]) -> Channel:
    """Return a channel that the app is in and may change."""
    channel = call.channel()
    if channel.type in ("im", "mpim"):
        raise SlackError("method_not_supported_for_channel_type")
    _require(call, scopes, private=channel.type == "group")
    return readable(call)


def create(call: Call) -> Body:
    _require(call, MANAGE, private=call.flag("is_private"))
    name = _new_name(call)
    channel = call.workspace.add_channel(name, [call.bot], is_private=call.flag("is_private"))
    return {"channel": shape(call, channel)}


def _uninvitable(call: Call, channel: Channel, id_: str) -> str:
    """Return why that person can't be invited; empty for one who can. Those of other companies need another method."""
    user = call.workspace.users.get(id_)
    if user is None:
        return "user_not_found"
    if id_ == call.bot:
        return "cant_invite_self"
    if id_ in channel.members:
        return "already_in_channel"
    return "cant_invite" if user.deleted or user.is_guest else ""


def invite(call: Call) -> Body:
    """Invite people: all of them, or with `force` those who can be."""
    channel = _changeable(call, INVITE)
    if channel.is_archived:
        raise SlackError("is_archived")
    users = call.listed("users")
    if len(users) > MAX_INVITED:
        raise SlackError("too_many_users")
    refused = [{"user": one, "ok": False, "error": why} for one in users if (why := _uninvitable(call, channel, one))]
    if refused and (not call.flag("force") or len(refused) == len(users)):
        raise SlackError(str(refused[0]["error"]), errors=refused)
    gone = {one["user"] for one in refused}
    for user in users:
        if user not in gone:
            call.workspace.join(channel, user, call.bot)
    return {"channel": shape(call, channel)} | ({"errors": refused} if refused else {})


def archive(call: Call) -> Body:
    channel = _changeable(call, MANAGE)
    if channel.name == "general":
        raise SlackError("cant_archive_general")
    if channel.is_archived:
        raise SlackError("already_archived")
    call.workspace.archive(channel, call.bot)
    return {}


def unarchive(call: Call) -> Body:
    channel = call.channel()
    if not channel.is_archived:
        raise SlackError("not_archived")
    call.workspace.archive(channel, call.bot, archived=False)
    return {}


def _described(call: Call, name: str) -> tuple[Channel, str]:
    """Return the channel to describe, and the text that is to describe it."""
    channel, text = _changeable(call, TOPIC), call.text(name)
    if channel.is_archived:
        raise SlackError("is_archived")
    if len(text) > MAX_TOPIC:
        raise SlackError("too_long")
    return channel, text


def set_topic(call: Call) -> Body:
    channel, topic = _described(call, "topic")
    call.workspace.set_topic(channel, call.bot, topic)
    return {"channel": shape(call, channel)}


def set_purpose(call: Call) -> Body:
    channel, purpose = _described(call, "purpose")
    channel.purpose = purpose
    return {"purpose": channel.purpose}


def rename(call: Call) -> Body:
    channel = readable(call)
    name = _new_name(call)
    channel.name = name
    call.workspace.channel_changed(channel, "renamed", call.bot)
    return {"channel": shape(call, channel)}


def kick(call: Call) -> Body:
    channel = readable(call)
    user = call.user().id
    if user == call.bot:
        raise SlackError("cant_kick_self")
    if channel.name == "general":
        raise SlackError("cant_kick_from_general")
    if user not in channel.members:
        raise SlackError("not_in_channel")
    call.workspace.leave(channel, user)
    return {}


def mark(call: Call) -> Body:
    """The app has read up to there; nothing of it is seen."""
    if call.text("ts") not in readable(call).messages:
        raise SlackError("invalid_timestamp")
    return {}


def close(call: Call) -> Body:
    if call.channel().type not in ("im", "mpim"):
        raise SlackError("method_not_supported_for_channel_type")
    return {}


METHODS = {
    "conversations.setPurpose": Method(set_purpose, TOPIC, 2, ("channel", "purpose")),
    "conversations.rename": Method(rename, MANAGE, 2, ("channel", "name")),
    "conversations.kick": Method(kick, MANAGE, 3, ("channel", "user")),
    "conversations.mark": Method(mark, MANAGE, 3, ("channel", "ts")),
    "conversations.close": Method(close, MANAGE, 2, ("channel",)),
    "conversations.list": Method(list_all, READ, 2),
    "conversations.info": Method(info, READ, 3, ("channel",)),
    "conversations.members": Method(members, READ, 4, ("channel",)),
    "conversations.open": Method(open_im, OPEN, 3),
    "conversations.join": Method(join, ("channels:join",), 3, ("channel",)),
    "conversations.leave": Method(leave, MANAGE, 3, ("channel",)),
    "conversations.create": Method(create, MANAGE, 2, ("name",)),
    "conversations.invite": Method(invite, INVITE, 3, ("channel", "users")),
    "conversations.archive": Method(archive, MANAGE, 2, ("channel",)),
    "conversations.unarchive": Method(unarchive, MANAGE, 2, ("channel",)),
    "conversations.setTopic": Method(set_topic, TOPIC, 2, ("channel", "topic")),
    "users.conversations": Method(list_of_user, READ, 3),
}
