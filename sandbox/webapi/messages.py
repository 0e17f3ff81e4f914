"""chat.*: posting, changing and deleting messages, also later."""

from typing import Any

from sandbox.blockkit import check_any_blocks
from sandbox.content import Content, read_content, refuse
from sandbox.errors import SlackError
from sandbox.model import Channel, Message
from sandbox.scheduled import LONGEST_SECONDS, plan
from sandbox.text import links_of
from sandbox.webapi.call import Body, Call, Method, cursor_body

MAX_UPDATE = 4_000
WRITE = ("chat:write",)


def target(call: Call) -> Channel:
    """By id, by name, or a person's id for their direct message with the bot."""
    wanted = call.text("channel")
    if wanted in call.workspace.users:
        return call.workspace.im(wanted, call.bot)
    found = call.workspace.channels.get(wanted) or call.workspace.find_channel(wanted.removeprefix("#"))
    if not found or (found.type != "channel" and call.bot not in found.members):
        raise SlackError("channel_not_found")
    if found.is_archived:
        raise SlackError("is_archived")
    if call.bot not in found.members and "chat:write.public" not in call.world.app.scopes:
        raise SlackError("not_in_channel")
    return found


def thread_of(call: Call, channel: Channel) -> str | None:
    wanted = call.text("thread_ts")
    if not wanted:
        return None
    parent = channel.messages.get(wanted)
    if parent:
        return parent.thread_ts or parent.ts
    # A thread outlives its first message as long as there are replies.
    if not channel.threads.get(wanted):
        raise SlackError("thread_not_found")
    return wanted


def _draft(call: Call, channel: Channel, content: Content) -> Message:
    message = call.world.bot_message(
        channel.id,
        content.text,
        blocks=content.blocks,
        attachments=content.attachments,
        metadata=content.metadata,
        thread_ts=thread_of(call, channel),
    )
    for name in ("username", "icon_emoji", "icon_url"):
        if call.args.get(name) and "chat:write.customize" in call.world.app.scopes:
            message.extra[name] = call.text(name)
    if call.flag("reply_broadcast") and message.thread_ts:
        message.extra["reply_broadcast"] = True
    return message


def _content(call: Call, *, longest: int | None = None) -> Content:
    content = read_content(call.args, call.workspace.ids, longest=longest, refused=call.refused_blocks)
    if content.truncated:
        call.warnings.append("message_truncated")
    if (content.blocks or content.attachments) and not content.text:
        call.warnings.append("missing_text_in_message")
    return content


def post_message(call: Call) -> Body:
    channel = target(call)
    posted = call.workspace.post(_draft(call, channel, _content(call)))
    return _answer(call, posted)


def _answer(call: Call, message: Message) -> Body:
    shape = call.workspace.shape(message)
    if message.metadata:
        shape["metadata"] = message.metadata
    return {"channel": message.channel, "ts": message.ts, "message": shape}


def post_ephemeral(call: Call) -> Body:
    channel = target(call)
    if call.text("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    message = _draft(call, channel, _content(call))
    message.ephemeral_to = call.text("user")
    return {"message_ts": call.workspace.whisper(message).ts}


def own(call: Call, refusal: str) -> Message:
    message = call.message(call.channel())
    if not message.bot or message.bot.get("bot_id") != call.world.app.bot_id:
        raise SlackError(refusal)
    return message


def update(call: Call) -> Body:
    message = own(call, "cant_update_message")
    given = {name: call.args[name] for name in ("text", "blocks", "attachments", "metadata") if name in call.args}
    content = read_content(call.args, call.workspace.ids, longest=MAX_UPDATE, refused=call.refused_blocks)
    changes: dict[str, Any] = {"text": content.text or message.text}
    changes |= {name: getattr(content, name) for name in ("blocks", "attachments", "metadata") if name in given}
    if "text" in given and "blocks" not in given:
        changes["blocks"] = None
    # Slack marks a message as edited only when its text was changed without blocks.
    call.workspace.edit(message, None if content.blocks else call.bot, **changes)
    return _answer(call, message) | {"text": message.text}


def delete(call: Call) -> Body:
    message = own(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def schedule(call: Call) -> Body:
    channel = target(call)
    post_at = call.number("post_at", 0)
    if post_at <= call.world.clock.seconds():
        raise SlackError("time_in_past")
    if post_at > call.world.clock.seconds() + LONGEST_SECONDS:
        raise SlackError("time_too_far")
    draft = _draft(call, channel, _content(call))
    scheduled_id = plan(call.world, draft, post_at)
    about = {"channel": channel.id, "scheduled_message_id": scheduled_id, "post_at": post_at}
    return about | {"message": {"text": draft.text, "type": "delayed_message", "user": call.bot}}


def scheduled_list(call: Call) -> Body:
    channel = call.text("channel")
    rows = [
        {"id": key, "channel_id": row["message"].channel, "post_at": row["post_at"], "text": row["message"].text}
        for key, row in _scheduled(call).items()
        if not channel or row["message"].channel == channel
    ]
    page, cursor = call.page(sorted(rows, key=lambda row: row["post_at"]))
    return {"scheduled_messages": page} | cursor_body(cursor)


def unschedule(call: Call) -> Body:
    if call.text("scheduled_message_id") not in _scheduled(call):
        raise SlackError("invalid_scheduled_message_id")
    del call.world.scheduled[call.text("scheduled_message_id")]
    return {}


def _scheduled(call: Call) -> dict[str, Any]:
    """What this app has scheduled."""
    return {key: row for key, row in call.world.scheduled.items() if row["message"].user == call.bot}


def permalink(call: Call) -> Body:
    channel = call.channel()
    message = call.message(channel, "message_ts")
    link = f"{call.world.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def unfurl(call: Call) -> Body:
    """Unfolds links of a message, as the app was told by link_shared; only links of its own domains."""
    message = _linked(call)
    unfurls, metadata = call.args.get("unfurls") or {}, call.args.get("metadata") or {}
    entities = metadata.get("entities") or [] if isinstance(metadata, dict) else []
    if not isinstance(unfurls, dict) or not (unfurls or entities):
        raise SlackError("missing_unfurls")
    for url in (*unfurls, *(str(one.get("app_unfurl_url") or "") for one in entities)):
        if url not in links_of(message.text) or not call.world.app.unfolds(url):
            raise SlackError("cannot_unfurl_url")
    for one in unfurls.values():
        if not isinstance(one, dict):
            raise SlackError("invalid_unfurls_format")
        refuse("invalid_blocks", check_any_blocks(one.get("blocks") or []), "/unfurls")
    if entities and not call.world.work_objects:
        raise SlackError("invalid_metadata_format")
    shown = [{"from_url": url} | one for url, one in unfurls.items()]
    shown += [{"from_url": one["app_unfurl_url"], "entity": one, **_entity(one)} for one in entities]
    attachments = [{"id": place, "is_app_unfurl": True, "app_id": call.world.app.id} | one
                   for place, one in enumerate(shown, len(message.attachments or ()) + 1)]  # fmt: skip
    call.workspace.edit(message, None, attachments=(message.attachments or []) + attachments)
    return {}


def _linked(call: Call) -> Message:
    """The message by its place, or by the id that link_shared gave."""
    if call.text("unfurl_id"):
        place, _, ts = call.text("unfurl_id").partition(":")
        found = call.workspace.channels[place].messages.get(ts) if place in call.workspace.channels else None
        if not found:
            raise SlackError("cannot_find_message")
        return found
    found = call.channel().messages.get(call.text("ts"))
    if not found:
        raise SlackError("cannot_find_message")
    return found


def _entity(entity: Body) -> Body:
    """How the page shows an entity: its title and fields as text."""
    payload = entity.get("entity_payload") or {}
    attributes, fields = payload.get("attributes") or {}, payload.get("fields") or {}
    title = (attributes.get("title") or {}).get("text")
    if not title or not (entity.get("external_ref") or {}).get("id") or not entity.get("entity_type"):
        raise SlackError("invalid_metadata_schema")
    lines = [
        f"{name}: {one.get('value')}" for name, one in fields.items() if isinstance(one, dict) and one.get("value")
    ]
    return {"title": title, "title_link": entity.get("url"), "text": "\n".join(lines)}


def me_message(call: Call) -> Body:
    made = call.world.bot_message(target(call).id, call.text("text"))
    made.subtype = "me_message"
    return _answer(call, call.workspace.post(made))


METHODS = {
    "chat.postMessage": Method(post_message, WRITE, required=("channel",), limited_by_channel=True),
    "chat.postEphemeral": Method(post_ephemeral, WRITE, 4, ("channel", "user")),
    "chat.update": Method(update, WRITE, 3, ("channel", "ts")),
    "chat.delete": Method(delete, WRITE, 3, ("channel", "ts")),
    "chat.scheduleMessage": Method(schedule, WRITE, 3, ("channel", "post_at")),
    "chat.scheduledMessages.list": Method(scheduled_list, (), 3),
    "chat.deleteScheduledMessage": Method(unschedule, WRITE, 3, ("channel", "scheduled_message_id")),
    "chat.getPermalink": Method(permalink, (), None, ("channel", "message_ts")),
    "chat.unfurl": Method(unfurl, ("links:write",), 3),
    "chat.meMessage": Method(me_message, WRITE, 3, ("channel", "text")),
}
