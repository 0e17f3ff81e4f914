"""How people read: history page by page, what is unread, their threads, and search."""

from bisect import bisect_left, bisect_right

from sandbox.control.ask import Ask, Body, RefusedError, Route
from sandbox.model import Channel, Message
from sandbox.reading import followers
from sandbox.timeline import micros

MOST = 500
FOUND = 20
THREADS = 30


def messages(ask: Ask) -> Body:
    """All of a conversation, or with `limit` a page: the newest, or what is before, after or around a timestamp."""
    reader = ask.user().id if ask.text("user") else None
    channel = ask.channel(ask.user() if reader else None)
    listed = _stamps(channel, ask.text("thread_ts"), reader, paged="limit" in ask.fields)
    low, high = _page(ask, listed) if "limit" in ask.fields else (0, len(listed))
    found = [one for ts in listed[low:high] if (one := channel.find(ts))]
    shown = [ask.workspace.page_shape(one) for one in found]
    edges = {"has_older": low > 0, "has_newer": high < len(listed)}
    return {"messages": shown, "channel": channel.to_page()} | edges


def _stamps(channel: Channel, thread: str, reader: str | None, *, paged: bool) -> list[str]:
    seen = [one for one in channel.ephemerals.values() if reader and one.ephemeral_to == reader]
    if thread:
        said = [*([thread] if thread in channel.messages else []), *channel.threads.get(thread, ())]
        seen = [one for one in seen if thread in (one.ts, one.thread_ts)]
    elif paged:
        said = list(channel.timeline)
        seen = [one for one in seen if one.in_channel]
    else:
        said = list(channel.messages)
    return sorted([*said, *(one.ts for one in seen)], key=micros) if seen or not paged else said


def _page(ask: Ask, stamps: list[str]) -> tuple[int, int]:
    limit = int(ask.number("limit"))
    if not 0 < limit <= MOST:
        raise RefusedError(f"limit has to be between 1 and {MOST}.")
    if ts := ask.text("before"):
        high = bisect_left(stamps, _micros(ts), key=micros)
        return max(0, high - limit), high
    if ts := ask.text("after"):
        low = bisect_right(stamps, _micros(ts), key=micros)
        return low, min(len(stamps), low + limit)
    if ts := ask.text("around"):
        middle = bisect_left(stamps, _micros(ts), key=micros)
        high = min(len(stamps), middle + limit // 2)
        return max(0, high - limit), high
    return max(0, len(stamps) - limit), len(stamps)


def _micros(ts: str) -> int:
    try:
        return micros(ts)
    except ValueError:
        raise RefusedError(f"{ts} is not a timestamp.") from None


def unread(ask: Ask) -> Body:
    """Counts by place for one person; the first look begins the counting."""
    ask.world.reading.begin()
    return ask.world.reading.of(ask.user().id)


def read(ask: Ask) -> Body:
    """The person has seen a channel, or one thread of it, to its end."""
    user, channel = ask.own_channel()
    ask.world.reading.begin()
    thread = ask.text("thread_ts")
    ask.world.reading.read(user.id, f"{channel.id}:{thread}" if thread else channel.id)
    ask.world.stream.publish("read", {"user": user.id, "channel": channel.id, "thread_ts": thread or None})
    return {"ok": True}


def threads(ask: Ask) -> Body:
    """The threads a person follows, the one with the latest reply first."""
    user, workspace = ask.user().id, ask.workspace
    followed = [
        (channel, thread)
        for channel in workspace.channels.values()
        if user in channel.members
        for thread, replies in channel.threads.items()
        if replies and thread in channel.messages and user in followers(channel, thread)
    ]
    followed.sort(key=lambda one: micros(one[0].threads[one[1]][-1]), reverse=True)
    return {"threads": [_thread(ask, user, channel, thread) for channel, thread in followed[:THREADS]]}


def _thread(ask: Ask, user: str, channel: Channel, thread: str) -> Body:
    last = channel.thread(thread)[-2:]
    waiting = ask.world.reading.waiting[user].get(f"{channel.id}:{thread}")
    return {
        "channel": channel.id,
        "root": ask.workspace.page_shape(channel.messages[thread]),
        "last": [ask.workspace.page_shape(one) for one in last],
        "unread": waiting.count if waiting else 0,
    }


def search(ask: Ask) -> Body:
    """The newest messages with all these words, in what the person may see."""
    user, words = ask.user().id, ask.text("query").lower().split()
    mine = [one for one in ask.workspace.channels.values() if user in one.members]
    said = [one for channel in mine for one in channel.messages.values() if _has(one, words)]
    said.sort(key=lambda one: micros(one.ts), reverse=True)
    found = [{"channel": one.channel, "message": ask.workspace.page_shape(one)} for one in said[:FOUND]]
    return {"found": found if words else [], "total": len(said) if words else 0}


def _has(message: Message, words: list[str]) -> bool:
    text = message.text.lower()
    return all(word in text for word in words)


def typing(ask: Ask) -> Body:
    user, channel = ask.own_channel()
    news = {"user": user.id, "channel": channel.id, "thread_ts": ask.text("thread_ts") or None}
    ask.world.stream.publish("typing", news)
    return {"ok": True}


ROUTES = (
    Route("GET", "messages", messages, ("channel",), ("thread_ts", "user", "limit", "before", "after", "around")),
    Route("GET", "unread", unread, ("user",)),
    Route("POST", "read", read, ("user", "channel"), ("thread_ts",)),
    Route("GET", "threads", threads, ("user",)),
    Route("GET", "search", search, ("user", "query")),
    Route("POST", "typing", typing, ("user", "channel"), ("thread_ts",)),
)
