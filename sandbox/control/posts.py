"""How messages come about: typed, forwarded and pasted by people, posted by other apps, and edited and deleted."""

import base64
import binascii
import json
import uuid
from typing import Any

from sandbox.blockkit import check_blocks
from sandbox.control.ask import Ask, Body, RefusedError, Route
from sandbox.files import add_file
from sandbox.ids import named_id
from sandbox.model import Channel, Message, User
from sandbox.richtext import mrkdwn, rich_text
from sandbox.sharing import in_message, may_see

WHERE = ("text", "thread_ts")
OTHER_APP = "Statuspage"


async def message(ask: Ask) -> Body:
    """A person types; `me` makes it `/me`, and blocks or attachments come with it as they are given."""
    user, channel = _writer(ask)
    files = [_file(ask, user, one) for one in ask.fields.get("files") or []]
    made = _draft(ask, user, channel)
    _takes_blocks(ask, made)
    made.attachments = ask.fields.get("attachments")
    if not (made.text.strip() or files or made.blocks or made.attachments):
        raise RefusedError("A message needs a text or a file.")
    made.files = files
    if ask.flag("me"):
        made.subtype, made.blocks = "me_message", None
    if made.thread_ts and ask.flag("reply_broadcast"):
        made.extra["reply_broadcast"] = True
    return await _posted(ask, made)


def _takes_blocks(ask: Ask, made: Message) -> None:
    """Blocks that come with a message are checked; without a text of its own they say what it reads."""
    blocks = ask.fields.get("blocks")
    if not blocks:
        return
    if not isinstance(blocks, list) or (found := check_blocks(blocks)):
        raise RefusedError(f"blocks{found[0].pointer}: {found[0].message}" if isinstance(blocks, list) else "No list.")
    made.blocks = [{"block_id": named_id("", json.dumps(one))[1:6]} | one for one in blocks]
    if not made.text:
        rich = [one for one in made.blocks if one["type"] == "rich_text"]
        made.text = "\n".join(mrkdwn(one, ask.workspace.channel_name) for one in rich)


async def forward(ask: Ask) -> Body:
    """A person shares a message that they can see, with words of their own or without."""
    user, channel = _writer(ask)
    _, source = ask.own_channel("from_channel")
    shared = ask.message(source)
    made = _draft(ask, user, channel)
    made.attachments = [_shared(ask, source, shared)]
    return await _posted(ask, made)


def _shared(ask: Ask, source: Channel, shared: Message) -> Body:
    author = ask.workspace.users.get(shared.user)
    link = f"{ask.world.url}/archives/{source.id}/p{shared.ts.replace('.', '')}"
    inner = {"message": {"blocks": shared.blocks or []}, "team": shared.team, "channel": source.id, "ts": shared.ts}
    where = "Direct message" if source.is_im else f"Posted in #{source.name}"
    made: Body = {
        "id": 1, "ts": shared.ts, "from_url": link, "original_url": link, "channel_id": source.id,
        "channel_team": ask.workspace.team_id, "is_msg_unfurl": True, "is_share": True, "color": "D0D0D0",
        "fallback": f"[{shared.ts}] {author.name if author else 'app'}: {shared.text}", "text": shared.text,
        "mrkdwn_in": ["text"], "footer": where, "message_blocks": [inner],
    }  # fmt: skip
    if author:
        link = f"{ask.world.url}/team/{author.id}"
        made |= {"author_id": author.id, "author_name": author.real_name, "author_subname": author.name,
                 "author_link": link}  # fmt: skip
    made |= {"files": [in_message(one) for one in shared.files]} if shared.files else {}
    return made | ({"attachments": shared.attachments} if shared.attachments else {})


async def table(ask: Ask) -> Body:
    """A person pastes cells of a spreadsheet, which Slack puts below the text as a table."""
    user, channel = _writer(ask)
    rows = ask.fields["rows"]
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows) or not rows:
        raise RefusedError("rows has to be a list of lists of texts.")
    made = _draft(ask, user, channel)
    cells = [[{"type": "raw_text", "text": str(cell) or " "} for cell in row] for row in rows]
    block = {"type": "table", "block_id": named_id("", made.ts)[1:6], "rows": cells}
    made.attachments = [{"id": 1, "blocks": [block], "fallback": "[no preview available]"}]
    return await _posted(ask, made)


async def other_app(ask: Ask) -> Body:
    """Another app posts: an alert by an incoming webhook, with `workflow` a step of a workflow."""
    channel = ask.channel()
    name, text = ask.text("name", OTHER_APP), ask.workspace.typed(ask.text("text"))
    bot_id, app_id = named_id("B", name), named_id("A", name)
    made = Message("", channel.id, "", text, subtype="bot_message", bot={"bot_id": bot_id, "username": name})
    made.thread_ts = _thread(ask, channel)
    made.blocks, made.attachments = ask.fields.get("blocks"), ask.fields.get("attachments")
    if not made.attachments and (ask.fields.get("fields") or ask.text("title")):
        made.attachments = [_alert(ask)]
    made.bot = {"bot_id": bot_id, "username": name, "app_id": app_id, "icons": {"emoji": ":robot_face:"}}
    if ask.flag("workflow"):
        profile = {"id": bot_id, "deleted": False, "name": name, "updated": 0, "app_id": app_id, "icons": {},
                   "team_id": ask.workspace.team_id, "is_workflow_bot": True}  # fmt: skip
        made.bot = {"bot_id": bot_id, "username": name, "app_id": app_id, "bot_profile": profile}
        made.blocks = made.blocks or _typed_blocks(text)
    if not (text or made.blocks or made.attachments):
        raise RefusedError("A message needs a text, a title, fields, blocks or attachments.")
    return await _posted(ask, made)


def _alert(ask: Ask) -> Body:
    fields = [
        {"title": str(title), "value": str(value), "short": True} for title, value in ask.fields.get("fields", ())
    ]
    made: Body = {"id": 1, "color": ask.text("color", "danger"), "fallback": ask.text("fallback") or ask.text("title")}
    made |= {name: ask.text(name) for name in ("title", "title_link", "pretext", "footer") if ask.text(name)}
    made |= {"text": ask.text("description")} if ask.text("description") else {}
    return made | ({"fields": fields} if fields else {})


def _writer(ask: Ask) -> tuple[User, Channel]:
    user, channel = ask.own_channel()
    if channel.is_archived:
        raise RefusedError(f"{channel.name} is archived.", 403)
    return user, channel


def _draft(ask: Ask, user: User, channel: Channel) -> Message:
    text = ask.workspace.typed(ask.text("text"))
    made = Message("", channel.id, user.id, text, blocks=_typed_blocks(text))
    made.thread_ts = _thread(ask, channel)
    made.extra = {"client_msg_id": str(uuid.uuid4())}
    return made


def _typed_blocks(text: str) -> list[Body] | None:
    return [rich_text(text, named_id("", text)[1:6])] if text.strip() else None


async def _posted(ask: Ask, made: Message) -> Body:
    channel = ask.workspace.channels[made.channel]
    posted = ask.workspace.post(made)
    await ask.world.flush()
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
    """Other words, or other blocks with the words they read."""
    found = _own(ask)
    text = ask.workspace.typed(ask.text("text"))
    draft = Message("", found.channel, found.user, text, blocks=_typed_blocks(text) if found.blocks else None)
    _takes_blocks(ask, draft)
    ask.workspace.edit(found, found.user, text=draft.text, blocks=draft.blocks)
    await ask.world.flush()
    return {"ok": True, "ts": found.ts}


async def delete(ask: Ask) -> Body:
    """A message that has replies leaves a tombstone."""
    found = _own(ask)
    ask.workspace.delete(found)
    await ask.world.flush()
    return {"ok": True, "ts": found.ts}


def opened_file(ask: Ask) -> Body:
    """What the person sees behind the permalink of a file: the file, or that it cannot be opened."""
    user = ask.user()
    file = ask.workspace.files.get(ask.text("file"))
    if not file or not may_see(file, user.id, ask.workspace.channels, is_guest=user.is_guest):
        raise RefusedError(f"{user.name} can't open this file.", 403)
    return {"file": file}


ROUTES = (
    Route("POST", "message", message, ("user", "channel"),
          (*WHERE, "files", "reply_broadcast", "me", "blocks", "attachments")),
    Route("POST", "forward", forward, ("user", "channel", "from_channel", "ts"), WHERE),
    Route("POST", "table", table, ("user", "channel", "rows"), WHERE),
    Route("POST", "app_message", other_app, ("channel",),
          (*WHERE, "name", "title", "title_link", "description", "pretext", "footer", "fallback", "fields", "color",
           "blocks", "attachments", "workflow")),
    Route("POST", "upload", upload, ("user",), ("filename",), raw=True),
    Route("GET", "file", opened_file, ("user", "file")),
    Route("POST", "edit", edit, ("user", "channel", "ts"), ("text", "blocks")),
    Route("POST", "delete", delete, ("user", "channel", "ts")),
)  # fmt: skip
