"""Outbox messages: their kinds, states, priorities and retries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from domain.address import is_direct
from domain.delivery.lanes import LaneKind, kind_of
from domain.text import LINK_CLOSE, LINK_OPEN

MAX_ATTEMPTS = 12  # with the doubling below: a little over an hour and a half
MAX_PAUSE = timedelta(minutes=15)
LINK_WAIT = timedelta(seconds=3)  # how long a message waits for the message it links to


class MessageKind(StrEnum):
    POST = "post"
    UPDATE = "update"
    PUBLISH = "publish"  # an App Home
    GROUP = "group"  # who is in a user group
    HOOK = "hook"  # another system
    REACT = "react"  # to a message, or no more
    FILE = "file"  # a copy of a file in a thread
    STEP = "step"  # the outcome of a step of a workflow
    CHANNEL = "channel"  # a channel is created, described or archived, people are invited, a message is pinned


class ChannelTask(StrEnum):
    """What is done with a channel, in the payload of a message; all but `create` may fail without harm."""

    CREATE = "create"  # {"name", "creator"}: the lane moves into the new channel
    TOPIC = "topic"  # {"topic"}
    INVITE = "invite"  # {"users"}
    PIN = "pin"  # the target
    UNPIN = "unpin"
    ARCHIVE = "archive"
    CANVAS = "canvas"  # {"title", "markdown", "mark"}: the page of a channel, which Slack calls its canvas


class MessageState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"  # dead, and given up by a person


class MessagePriority(IntEnum):
    """Lower goes first."""

    SYSTEM = -10  # other systems, which may be there while Slack is away
    PAGE = 0  # criticals and escalations; nothing makes them wait
    ACKNOWLEDGEMENT = 10
    STATUS = 20
    DIGEST = 30
    HOME = 40
    PULSE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One conversation, whose messages are sent in order. `thread_ts` is the timestamp of its first message.

    `place` is whose pace it shares: the channel, or the person for every direct message to them. When the channel
    cannot be reached, `person` is who gets the lane as a direct message instead.
    """

    id: int
    name: str
    channel: str
    place: str = ""
    thread_ts: str | None = None
    person: str | None = None
    ticket_id: int | None = None
    dead: str | None = None

    @property
    def is_channel(self) -> bool:
        """Whether the lane is a whole channel, whose messages stand below each other and not in a thread."""
        return kind_of(self.name) is LaneKind.WAR_ROOM


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """`target` is the message an update replaces; `uncertain` means it may have been posted before."""

    id: int
    lane: Lane
    verb: MessageKind
    payload: dict[str, Any]
    priority: int
    created_at: datetime
    tried_at: datetime | None = None  # when it was taken for the first time
    in_thread: bool = False
    attempts: int = 0
    uncertain: bool = False
    target: int | None = None
    target_ts: str | None = None
    awaits: Lane | None = None  # the lane whose first message this one links to


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """An outbox message as operators see it, without its text."""

    id: int
    state: MessageState
    verb: str
    lane: str
    channel: str
    ticket_id: int | None
    created_at: datetime
    next_at: datetime
    attempts: int
    error: str | None


class FailureKind(StrEnum):
    """Why a message did not arrive, in the words of no chat system."""

    OUTAGE = "outage"  # no usable answer, or a fault on the other side
    UNREADABLE = "unreadable"  # an answer that makes no sense; tried a few times
    TEMPORARY = "temporary"  # a limit, a token to replace, a lost lease: trying again can help
    ARCHIVED = "archived"
    NOT_A_MEMBER = "not_a_member"
    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"  # the place takes nothing, for another reason
    THREAD_GONE = "thread_gone"
    MESSAGE_GONE = "message_gone"
    CONTENT = "content"  # what it is made of is refused; said more plainly, it may arrive
    TOO_LONG = "too_long"  # shorter, it may arrive
    PERMANENT = "permanent"  # it will never be accepted as it is

    @property
    def is_outage(self) -> bool:
        """Whether it says that the other side is away."""
        return self in (FailureKind.OUTAGE, FailureKind.UNREADABLE)

    @property
    def is_content(self) -> bool:
        """Whether another form of the same message may arrive."""
        return self in (FailureKind.CONTENT, FailureKind.TOO_LONG)

    @property
    def is_unreachable(self) -> bool:
        """Whether another place may still be reached."""
        return self in (FailureKind.ARCHIVED, FailureKind.NOT_A_MEMBER, FailureKind.NOT_FOUND, FailureKind.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message did not arrive. `reason` is the name that the other side gave it, for logs and operators.

    `maybe_sent`: the answer was lost, so the message may have arrived. Without `was_tried`, nothing was sent yet.
    `retry_after` is in seconds. `pointers` are JSON pointers to what was refused, as the other side gave them.
    """

    reason: str
    kind: FailureKind = FailureKind.PERMANENT
    retry_after: int | None = None
    maybe_sent: bool = False
    was_tried: bool = True
    pointers: tuple[str, ...] = ()


def next_attempt(message: OutboxMessage, failure: Failure, now: datetime) -> datetime | None:
    """Return when to retry, or None if retries can't help; rate limits and rejected tokens are retried forever."""
    if failure.kind not in (FailureKind.OUTAGE, FailureKind.UNREADABLE, FailureKind.TEMPORARY):
        return None
    if failure.retry_after is not None:
        return now + timedelta(seconds=failure.retry_after)
    if failure.kind is FailureKind.UNREADABLE and message.attempts >= MAX_ATTEMPTS:
        return None
    return now + min(timedelta(seconds=2 ** min(message.attempts, 10)), MAX_PAUSE)


def rate_limit_place(channel: str, person: str | None) -> str:
    """Return the rate limit's key of a lane; a direct message has two ids but one limit."""
    return person if person and is_direct(channel) else channel


def link_to(lane: str, text: str) -> str:
    """Return a link to another lane's first message, filled in when the message is sent (mrkdwn only)."""
    return f"{LINK_OPEN}{lane}|{text}{LINK_CLOSE}"
