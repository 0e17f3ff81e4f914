"""The things a workspace is made of, each with the shape Slack shows it in."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.timeline import between, micros

KEPT_EPHEMERALS = 5_000
AVATARS, IMAGE_SIZES = "https://avatars.sandbox.example", (24, 32, 48, 72, 192, 512)


@dataclass
class User:
    id: str
    name: str
    real_name: str
    team_id: str
    title: str = ""
    color: str = "#5a6472"
    is_bot: bool = False
    is_guest: bool = False  # of another company, by Slack Connect
    is_admin: bool = False
    is_restricted: bool = False  # a guest account of the workspace
    enterprise_id: str = ""  # the Enterprise Grid organization of their workspace
    deleted: bool = False
    updated: int = 0
    away: bool = False
    tz: str = "Europe/Berlin"
    quiet_until: int = 0  # the second until which they do not want to be disturbed

    @property
    def email(self) -> str:
        return f"{self.name}@{'partner' if self.is_guest else 'sandbox'}.example"

    def profile(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.real_name,
            "display_name_normalized": self.real_name,
            "email": self.email,
            "team": self.team_id,
            "avatar_hash": self.id.lower(),
            **{f"image_{size}": f"{AVATARS}/{self.id}-{size}.png" for size in IMAGE_SIZES},
        }

    def to_slack(self) -> dict[str, Any]:
        return self._account() | ({"enterprise_user": self._enterprise()} if self.enterprise_id else {})

    def _enterprise(self) -> dict[str, Any]:
        flags = {"is_admin": self.is_admin, "is_owner": self.is_admin, "is_primary_owner": False}
        return {"id": self.id, "enterprise_id": self.enterprise_id, "teams": [self.team_id], **flags}

    def _account(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "color": self.color.lstrip("#"),
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": 3600,
            "profile": self.profile(),
            "is_admin": self.is_admin,
            "is_owner": self.is_admin,
            "is_primary_owner": self.is_admin,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": False,
            "is_stranger": False,  # depends on the channels; see sandbox/webapi/people.py
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_email_confirmed": not self.is_bot,
            "updated": self.updated,
        }

    def to_page(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "real_name": self.real_name,
            "title": self.title,
            "color": self.color,
            "is_bot": self.is_bot,
            "is_guest": self.is_guest,
        }


@dataclass
class Message:
    ts: str
    channel: str
    user: str
    text: str
    team: str = ""
    subtype: str | None = None
    thread_ts: str | None = None
    blocks: list[dict[str, Any]] | None = None
    attachments: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: dict[str, str] | None = None
    bot: dict[str, Any] | None = None
    ephemeral_to: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_broadcast(self) -> bool:
        """A reply that was also sent to the channel."""
        return bool(self.thread_ts and self.extra.get("reply_broadcast"))

    @property
    def in_channel(self) -> bool:
        return not self.thread_ts or self.is_broadcast

    def to_slack(self) -> dict[str, Any]:
        """The message without what only its thread or its reader knows."""
        shape: dict[str, Any] = {"type": "message", "text": self.text, "ts": self.ts, "team": self.team}
        if self.user:
            shape["user"] = self.user
        if subtype := self.subtype or ("thread_broadcast" if self.is_broadcast else None):
            shape["subtype"] = subtype
        for name in ("thread_ts", "blocks", "attachments", "files", "edited"):
            if getattr(self, name):
                shape[name] = getattr(self, name)
        if self.reactions:
            shape["reactions"] = self._reactions()
        return shape | (self.bot or {}) | self.extra

    def _reactions(self) -> list[dict[str, Any]]:
        return [{"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()]


@dataclass
class Canvas:
    """A document in markdown, of a channel or of an app."""

    id: str
    creator: str
    title: str = ""
    text: str = ""


@dataclass
class Channel:
    id: str
    name: str
    creator: str
    created: int
    is_private: bool = False
    is_im: bool = False
    is_mpim: bool = False  # a group direct message
    is_archived: bool = False
    members: list[str] = field(default_factory=list)
    topic: str = ""
    purpose: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)
    ephemerals: dict[str, Message] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    bookmarks: list[dict[str, Any]] = field(default_factory=list)
    canvas: Canvas | None = None

    def __post_init__(self) -> None:
        # Follows from the messages and is therefore no field that is kept: what stands in the channel, oldest first.
        self.timeline = [ts for ts, one in self.messages.items() if one.in_channel]

    def add(self, message: Message) -> None:
        """Messages come in the order of their timestamps."""
        self.messages[message.ts] = message
        if message.in_channel:
            self.timeline.append(message.ts)
        if message.thread_ts:
            self.threads.setdefault(message.thread_ts, []).append(message.ts)

    def whisper(self, message: Message) -> None:
        """Slack keeps no ephemeral messages. Here only the oldest are dropped."""
        self.ephemerals[message.ts] = message
        if len(self.ephemerals) > KEPT_EPHEMERALS:
            del self.ephemerals[next(iter(self.ephemerals))]

    def remove(self, message: Message) -> None:
        self.ephemerals.pop(message.ts, None)
        if self.messages.pop(message.ts, None):
            _leave_out(self.timeline, message.ts)
            _leave_out(self.threads.get(message.thread_ts or "", []), message.ts)

    @property
    def type(self) -> str:
        return "im" if self.is_im else "mpim" if self.is_mpim else "group" if self.is_private else "channel"

    @property
    def scope(self) -> str:
        """The first half of the scopes that open this kind of conversation."""
        return "im" if self.is_im else "mpim" if self.is_mpim else "groups" if self.is_private else "channels"

    def find(self, ts: str) -> Message | None:
        return self.messages.get(ts) or self.ephemerals.get(ts)

    def thread(self, ts: str) -> list[Message]:
        return [self.messages[one] for one in self.threads.get(ts, ())]

    def other(self, user: str) -> str:
        return next((one for one in self.members if one != user), user)

    def to_page(self) -> dict[str, Any]:
        shape = {
            "id": self.id,
            "name": self.name,
            "is_private": self.is_private,
            "is_im": self.is_im,
            "is_mpim": self.is_mpim,
            "is_archived": self.is_archived,
            "topic": self.topic,
            "members": self.members,
            "canvas": self.canvas and {"title": self.canvas.title, "text": self.canvas.text},
        }
        return shape | ({"user": self.members[0]} if self.is_im else {})


def _leave_out(stamps: list[str], ts: str) -> None:
    found = between(stamps, micros(ts), micros(ts), inclusive=True)
    del stamps[found.low : found.high]
