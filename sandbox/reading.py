"""What each person has read, and how many messages wait for them: kept as messages come, never counted anew."""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.model import Channel, Message
from sandbox.workspace import Workspace

QUIET = ("channel_join", "channel_leave", "channel_topic", "group_join", "group_leave")
BROADCASTS = ("<!channel", "<!here", "<!everyone")


@dataclass
class Waiting:
    """Unread messages of one person in one place: all that count, those meant for the person, the latest of those."""

    count: int = 0
    direct: int = 0
    latest: str = ""

    def add(self, ts: str, *, direct: bool, by: int) -> None:
        self.count = max(0, self.count + by)
        if direct:
            self.direct = max(0, self.direct + by)
            self.latest = ts if by > 0 else self.latest


@dataclass
class Reading:
    """Places are channels by id, and threads as `channel:ts`. People have read all that was there at the start."""

    workspace: Workspace
    start: str = ""
    marks: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    waiting: dict[str, dict[str, Waiting]] = field(default_factory=lambda: defaultdict(dict))

    def begin(self) -> None:
        """When the first page opens, all that was said before counts as read."""
        self.start = self.start or self.workspace.new_ts()

    def on_change(self, kind: str, data: dict[str, Any]) -> None:
        if not self.start or kind not in ("message", "message_deleted"):
            return
        shape = data["message"] if kind == "message" else data["previous"]
        if not shape.get("ephemeral_to") and not data.get("user"):
            self._count(self.workspace.channels[data["channel"]], _said(shape), by=1 if kind == "message" else -1)

    def _count(self, channel: Channel, message: Message, *, by: int) -> None:
        if message.subtype in QUIET:
            return
        named = self._named(channel, message)
        for person in channel.members:
            place = self._place(channel, message, person, named)
            if place and person != message.user and message.ts > self.last_read(person, place):
                direct = channel.is_im or channel.is_mpim or person in named or ":" in place
                self.waiting[person].setdefault(place, Waiting()).add(message.ts, direct=direct, by=by)

    def _place(self, channel: Channel, message: Message, person: str, named: set[str]) -> str | None:
        """Where it waits: in the channel, in a thread the person follows, or nowhere."""
        if message.in_channel:
            return channel.id
        followed = person in named or person in followers(channel, message.thread_ts or "")
        return f"{channel.id}:{message.thread_ts}" if followed else None

    def _named(self, channel: Channel, message: Message) -> set[str]:
        if any(one in message.text for one in BROADCASTS):
            return set(channel.members)
        groups = self.workspace.groups.by_id.values()
        grouped = {user for group in groups if f"<!subteam^{group.id}" in message.text for user in group.users}
        return grouped | {person for person in channel.members if f"<@{person}" in message.text}

    def last_read(self, person: str, place: str) -> str:
        return self.marks[person].get(place, self.start)

    def read(self, person: str, place: str) -> None:
        self.marks[person][place] = self.workspace.new_ts()
        self.waiting[person].pop(place, None)

    def to_tree(self) -> dict[str, Any]:
        return {"start": self.start, "marks": self.marks, "waiting": self.waiting}

    def restore(self, tree: dict[str, Any]) -> None:
        self.start = tree.get("start", "")
        self.marks.update(tree.get("marks", {}))
        for person, places in tree.get("waiting", {}).items():
            self.waiting[person] = {place: Waiting(**one) for place, one in places.items()}

    def of(self, person: str) -> dict[str, Any]:
        """Counts by place, the moments up to which was read, and how much is meant for each of the others."""
        mine = self.waiting[person]
        places = {place: asdict(one) for place, one in mine.items() if one.count}
        totals = Counter({who: sum(one.direct for one in inner.values()) for who, inner in self.waiting.items()})
        others = {who: count for who, count in totals.items() if count and who != person}
        return {"places": places, "marks": self.marks[person], "start": self.start, "others": others}


def _said(shape: dict[str, Any]) -> Message:
    """The message behind its shape, in which the root of a thread carries its own timestamp."""
    thread = shape.get("thread_ts")
    made = Message(shape["ts"], "", shape.get("user") or "", shape.get("text") or "", subtype=shape.get("subtype"))
    made.thread_ts = None if thread == made.ts else thread
    made.extra = {"reply_broadcast": True} if shape.get("reply_broadcast") else {}
    return made


def followers(channel: Channel, thread: str) -> set[str]:
    """Who wrote in a thread follows it, and so does who is mentioned in it."""
    root = channel.messages.get(thread)
    said = [*([root] if root else []), *channel.thread(thread)]
    mentioned = {person for person in channel.members if any(f"<@{person}" in one.text for one in said)}
    return {one.user for one in said} | mentioned
