"""conversations.history and conversations.replies: what was said, a page at a time."""

from sandbox.errors import SlackError
from sandbox.model import Channel
from sandbox.timeline import Span, between, micros
from sandbox.webapi.call import Body, Call, Method, cursor_body
from sandbox.webapi.conversations import readable

HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
LAST = "9999999999.999999"
CURSOR = "next_ts"


def history(call: Call) -> Body:
    """The newest first, without replies that were not also sent to the channel."""
    channel = readable(call)
    page, rest = _span(call, channel.timeline).newest(call.limit, _place(call))
    return _answer(call, channel, page, rest) | {"pin_count": 0}


def replies(call: Call) -> Body:
    """The root and its replies, oldest first; a reply's own ts finds only itself."""
    channel, ts = readable(call), call.text("ts")
    root, thread = channel.messages.get(ts), channel.threads.get(ts, [])
    if not root and not thread:
        raise SlackError("thread_not_found")
    page, rest = _span(call, thread).oldest(call.limit, _place(call))
    return _answer(call, channel, [ts, *page] if root else page, rest)


def _span(call: Call, stamps: list[str]) -> Span:
    oldest, latest = _moment(call, "oldest", "0"), _moment(call, "latest", LAST)
    return between(stamps, oldest, latest, inclusive=call.flag("inclusive"))


def _moment(call: Call, name: str, default: str) -> int:
    try:
        return micros(call.text(name) or default)
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _place(call: Call) -> int | None:
    """Where the page before this one ended; new messages in between do not shift it."""
    name, _, place = call.text("cursor").partition(":")
    if not name:
        return None
    if name != CURSOR or not place.isdecimal():
        raise SlackError("invalid_cursor")
    return int(place)


def _answer(call: Call, channel: Channel, page: list[str], rest: int | None) -> Body:
    body: Body = {"messages": [_shown(call, channel, ts) for ts in page], "has_more": rest is not None}
    return body if rest is None else body | cursor_body(f"{CURSOR}:{rest}")


def _shown(call: Call, channel: Channel, ts: str) -> Body:
    message = channel.messages[ts]
    found = call.workspace.shape(message)
    own = message.bot and message.bot["bot_id"] == call.world.app.bot_id
    readable = own or "metadata.message:read" in call.world.app.scopes
    if message.metadata and readable and call.flag("include_all_metadata"):
        found["metadata"] = message.metadata
    return found


METHODS = {
    "conversations.history": Method(history, HISTORY, 3, ("channel",)),
    "conversations.replies": Method(replies, HISTORY, 3, ("channel", "ts")),
}
