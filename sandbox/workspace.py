"""The workspace itself: people, channels and messages, and every way they change."""

from dataclasses import dataclass, field
from typing import Any

from sandbox import cast
from sandbox.clock import Clock
from sandbox.groups import Groups
from sandbox.ids import IdMaker, named_id
from sandbox.model import Channel, Message, User
from sandbox.sharing import in_message, share, unshare
from sandbox.stream import Stream
from sandbox.text import typed
from sandbox.timeline import MICROS

TOMBSTONE, SLACKBOT = "tombstone", "USLACKBOT"


class NotFoundError(Exception):
    """A person, channel or message that is not in the workspace was named."""


@dataclass(frozen=True)
class Organization:
    """The Enterprise Grid organization in which the app is installed, with its workspaces."""

    id: str
    name: str
    teams: tuple[str, ...]


@dataclass
class Workspace:
    clock: Clock
    stream: Stream
    team_id: str = named_id("T", cast.TEAM_NAME)
    team_name: str = cast.TEAM_NAME
    team_domain: str = cast.TEAM_DOMAIN
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    groups: Groups = field(init=False)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: IdMaker = field(default_factory=IdMaker)
    last_ts: int = 0
    organization: Organization | None = None  # with it the app is installed org-wide
    plan: str = "paid"  # a "free" one has no user groups
    apps_edit_groups: bool = True  # where only admins may, apps are refused

    def __post_init__(self) -> None:
        self.groups = Groups(self.team_id, self.clock, self.stream)

    @property
    def admin(self) -> User:
        """An admin of the workspace, or the first person of one without admins."""
        people = [one for one in self.users.values() if not one.is_bot]
        return next((one for one in people if one.is_admin), people[0])

    def user(self, name: str) -> User:
        found = self.users.get(name) or self._named(name.removeprefix("@").lower())
        if not found:
            raise NotFoundError(f"There is no person called {name}.")
        return found

    def _named(self, name: str) -> User | None:
        return next((one for one in self.users.values() if one.name == name), None)

    def channel(self, name: str, *, of: str | None = None) -> Channel:
        """Finds by id or name; `@name` is the direct message between `of` and that person."""
        if name.startswith("@") and of:
            return self.im(of, self.user(name).id)
        bare = name.removeprefix("#")
        found = self.channels.get(name) or self.find_channel(bare)
        if not found:
            raise NotFoundError(f"There is no channel called {name}.")
        return found

    def find_channel(self, name: str) -> Channel | None:
        return next((one for one in self.channels.values() if one.name == name and not one.is_im), None)

    def im(self, one: str, other: str) -> Channel:
        """The direct message of two people, opened when it is first needed."""
        pair = sorted((one, other))
        wanted = named_id("D", ":".join(pair))
        if wanted not in self.channels:
            members = [one, other] if self.users[other].is_bot else [other, one]
            self._open(Channel(wanted, "directmessage", one, self._second(), is_im=True, members=members))
        return self.channels[wanted]

    def mpim(self, people: list[str]) -> Channel:
        """The group direct message of these people, opened when it is first needed."""
        members = sorted(set(people), key=lambda one: self.users[one].name)
        wanted = named_id("C", f"mpim:{':'.join(sorted(members))}")
        if wanted not in self.channels:
            name = f"mpdm-{'--'.join(self.users[one].name for one in members)}-1"
            self._open(Channel(wanted, name, people[0], self._second(), is_private=True, is_mpim=True, members=members))
        return self.channels[wanted]

    def seed_user(self, user: User) -> None:
        """Adds a person who was there before the app."""
        self.users[user.id] = user
        self.stream.publish("user", {"user": user.to_page()})

    def add_user(self, user: User) -> User:
        self.users[user.id] = user
        self.user_changed(user, "joined")
        return user

    def user_changed(self, user: User, change: str = "changed") -> None:
        user.updated = self._second()
        self.stream.publish("user", {"user": user.to_page(), "change": change})

    def add_channel(self, name: str, members: list[str], *, creator: str = "", **details: Any) -> Channel:
        made = Channel(named_id("C", name), name, creator or members[0], self._second(), **details)
        made.members = list(members)
        return self._open(made)

    def _open(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self.stream.publish("channel", {"channel": channel.to_page(), "change": "created"})
        return channel

    def join(self, channel: Channel, user: str, inviter: str | None = None) -> None:
        if user in channel.members:
            return
        channel.members.append(user)
        self.channel_changed(channel, "joined", user, inviter)
        self.post(Message("", channel.id, user, f"<@{user}> has joined the channel", subtype="channel_join"))

    def leave(self, channel: Channel, user: str) -> None:
        if user in channel.members:
            self.post(Message("", channel.id, user, f"<@{user}> has left the channel", subtype="channel_leave"))
            channel.members.remove(user)
            self.channel_changed(channel, "left", user)

    def archive(self, channel: Channel, user: str, *, archived: bool = True) -> None:
        channel.is_archived = archived
        self.channel_changed(channel, "archived" if archived else "unarchived", user)

    def rename(self, channel: Channel, user: str, name: str) -> None:
        channel.name = name
        self.channel_changed(channel, "renamed", user)

    def make_private(self, channel: Channel, user: str) -> None:
        channel.is_private = True
        words = "made this channel private"
        self.post(Message("", channel.id, user, words, subtype="channel_convert_to_private"))

    def share(self, channel: Channel, user: str, stranger: str) -> None:
        """Shares a channel with the company of that person."""
        self.join(channel, stranger)
        self.stream.publish("channel", {"channel": channel.to_page(), "change": "shared", "user": user,
                                        "team": self.team_of(stranger)})  # fmt: skip

    def replace_id(self, channel: Channel, new: str) -> None:
        """Gives a channel another id, as Slack does when it moves between workspaces."""
        old, channel.id = channel.id, new
        self.channels = {one.id: one for one in self.channels.values()}
        for message in (*channel.messages.values(), *channel.ephemerals.values()):
            message.channel = new
        self.stream.publish("channel", {"channel": channel.to_page(), "change": "id", "old": old})

    def set_topic(self, channel: Channel, user: str, topic: str) -> None:
        channel.topic = topic
        self.channel_changed(channel, "topic", user)
        self.post(Message("", channel.id, user, f"set the channel topic: {topic}", subtype="channel_topic",
                          extra={"topic": topic}))  # fmt: skip

    def channel_changed(self, channel: Channel, change: str, user: str, inviter: str | None = None) -> None:
        news = {"channel": channel.to_page(), "change": change, "user": user}
        self.stream.publish("channel", news | ({"inviter": inviter} if inviter else {}))

    def new_ts(self) -> str:
        """Slack's seconds.micros, unique and increasing even when the clock was moved back."""
        self.last_ts = max(int(self.clock.seconds() * MICROS), self.last_ts + 1)
        return f"{self.last_ts // MICROS}.{self.last_ts % MICROS:06d}"

    def _second(self) -> int:
        return int(self.clock.seconds())

    def typed(self, text: str) -> str:
        return typed(text, self._mark, self._channel_id)

    def _mark(self, name: str) -> str | None:
        """What Slack stores for a person or a user group of that name."""
        if person := self._named(name):
            return f"<@{person.id}>"
        group = self.groups.named(name)
        return f"<!subteam^{group.id}>" if group else None

    def channel_name(self, channel_id: str) -> str:
        found = self.channels.get(channel_id)
        return found.name if found else ""

    def _channel_id(self, name: str) -> str | None:
        found = self.find_channel(name)
        return found.id if found else None

    def post(self, message: Message) -> Message:
        channel = self.channels[message.channel]
        message.ts = self.new_ts()
        message.team = self.team_of(message.user)
        channel.add(message)
        for file in message.files:
            share(file, channel, message)
        self.stream.publish("message", {"channel": channel.id, "message": self.shape(message)})
        return message

    def whisper(self, message: Message) -> Message:
        """An ephemeral message: only `ephemeral_to` sees it and no history keeps it."""
        message.ts = message.ts or self.new_ts()
        message.team = self.team_of(message.user)
        self.channels[message.channel].whisper(message)
        news = {"channel": message.channel, "user": message.ephemeral_to, "message": self.page_shape(message)}
        self.stream.publish("ephemeral", news)
        return message

    def edit(self, message: Message, by: str | None, **changes: Any) -> Message:
        """`by` is who edited; None leaves no edited mark."""
        if message.ephemeral_to:
            return self.whisper(_changed(message, changes))
        previous = self.shape(message)
        _changed(message, changes)
        if by:
            message.edited = {"user": by, "ts": self.new_ts()}
        news = {"channel": message.channel, "message": self.shape(message), "previous": previous}
        self.stream.publish("message_changed", news)
        return message

    def delete(self, message: Message) -> None:
        """Slack leaves a tombstone in place of a message with replies, and takes it away with the last of them."""
        channel = self.channels[message.channel]
        previous = self.shape(message)
        if channel.threads.get(message.ts):
            self._bury(message, previous)
            return
        channel.remove(message)
        self._unshare(message)
        self._removed(channel, message, previous)
        root = channel.messages.get(message.thread_ts or "")
        if root and root.subtype == TOMBSTONE and not channel.threads.get(root.ts):
            self.delete(root)

    def _bury(self, message: Message, previous: dict[str, Any]) -> None:
        self._unshare(message)
        for name in ("blocks", "attachments", "metadata", "edited", "bot"):
            setattr(message, name, None)
        message.files, message.reactions, message.extra = [], {}, {"hidden": True}
        message.subtype, message.user, message.text = TOMBSTONE, SLACKBOT, "This message was deleted."
        news = {"channel": message.channel, "message": self.shape(message), "previous": previous}
        self.stream.publish("message_changed", news)

    def _unshare(self, message: Message) -> None:
        for file in message.files:
            if file["id"] in self.files:
                unshare(file, self.channels[message.channel], message.ts)

    def delete_file(self, file: dict[str, Any]) -> None:
        """The file is gone from every message, and a message that was only the file goes with it."""
        del self.files[file["id"]]
        for channel in self.channels.values():
            for message in [one for one in channel.messages.values() if file in one.files]:
                rest = [one for one in message.files if one is not file]
                if rest or message.text.strip():
                    self.edit(message, None, files=[*rest, {"id": file["id"], "mode": "tombstone"}])
                else:
                    self.delete(message)

    def _removed(self, channel: Channel, message: Message, previous: dict[str, Any]) -> None:
        news = {"channel": channel.id, "ts": message.ts, "previous": previous, "user": message.ephemeral_to}
        self.stream.publish("message_deleted", news)

    def react(self, message: Message, user: str, name: str) -> bool:
        users = message.reactions.setdefault(name, [])
        if user in users:
            return False
        users.append(user)
        self._reacted(message, user, name, removed=False)
        return True

    def unreact(self, message: Message, user: str, name: str) -> bool:
        if user not in message.reactions.get(name, ()):
            return False
        message.reactions[name].remove(user)
        if not message.reactions[name]:
            del message.reactions[name]
        self._reacted(message, user, name, removed=True)
        return True

    def _reacted(self, message: Message, user: str, name: str, *, removed: bool) -> None:
        news: dict[str, Any] = {"channel": message.channel, "ts": message.ts, "message": self.shape(message)}
        self.stream.publish("reaction", news | {"user": user, "name": name, "removed": removed})

    def team_of(self, user: str) -> str:
        found = self.users.get(user)
        return found.team_id if found else self.team_id

    def is_ours(self, user: str) -> bool:
        """Whether the person is of this workspace, or of another one of its organization."""
        return self.team_of(user) in (self.organization.teams if self.organization else (self.team_id,))

    def is_shared(self, channel: Channel) -> bool:
        """Whether people of another company are in it."""
        return not all(self.is_ours(one) for one in channel.members)

    def is_org_shared(self, channel: Channel) -> bool:
        """Whether it is shared by workspaces of the organization."""
        teams = {self.team_of(one) for one in channel.members if self.is_ours(one)}
        return len(teams) > 1

    def is_stranger(self, user: str, bot: str) -> bool:
        """Whether an app shares no channel with a person of another company."""
        met = any({user, bot} <= {*one.members} for one in self.channels.values() if not one.is_im)
        return not met and not self.is_ours(user)

    def shape(self, message: Message) -> dict[str, Any]:
        """The message as Slack returns it, with what its thread adds."""
        shape = message.to_slack() | self._whence(message.user)
        if message.files:
            shape["files"] = [in_message(one) for one in message.files]
        channel = self.channels[message.channel]
        if message.thread_ts and (root := channel.messages.get(message.thread_ts)):
            shape |= {"parent_user_id": root.user} if root.user else {}
            if message.is_broadcast:
                shape["root"] = self.shape(root)
        if replies := channel.thread(message.ts):
            shape |= _thread_facts(message.ts, replies)
        return shape

    def _whence(self, user: str) -> dict[str, Any]:
        """What a message of a person of another workspace carries: their organization, or else their workspace."""
        person = self.users.get(user)
        if person is None or person.team_id == self.team_id:
            return {}
        return dict.fromkeys(("user_team", "source_team"), person.enterprise_id or person.team_id)

    def page_shape(self, message: Message) -> dict[str, Any]:
        """The message as the control API shows it: nothing left out."""
        shape = self.shape(message)
        if message.metadata:
            shape["metadata"] = message.metadata
        if message.ephemeral_to:
            shape |= {"ephemeral_to": message.ephemeral_to, "is_ephemeral": True}
        return shape


def _changed(message: Message, changes: dict[str, Any]) -> Message:
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def _thread_facts(ts: str, replies: list[Message]) -> dict[str, Any]:
    users = list(dict.fromkeys(one.user for one in replies if one.user))
    return {
        "thread_ts": ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users[:5],
        "is_locked": False,
        "subscribed": False,
    }
