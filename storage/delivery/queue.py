"""The dispatcher's side of the outbox: claim messages and record results."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, and_, bindparam, case, exists, func, literal, or_, select, text, update

from domain.address import is_direct
from domain.delivery.message import Lane, MessageKind, MessageState, OutboxMessage, rate_limit_place
from domain.delivery.rate_limits import Bucket, bucket_keys, rate_for
from storage.database.columns import Utc
from storage.delivery.claims import BY_AGE, BY_RANK, LEAST, MARK_SENDING, NEXT_DUE, message_of
from storage.delivery.rate_limits import RateLimits
from storage.delivery.tables import IS_SENDING, IS_WAITING, RECALLED, UNSENT, lanes, messages, replicas
from storage.phases.tables import moved_channels

DOUBTED = (messages.c.bucket, messages.c.verb, and_(messages.c.uncertain, messages.c.verb == MessageKind.POST))

# The id that a channel has now: Slack may have given it another one since a message was claimed.
_place = bindparam("at_place", type_=String())
PRESENT = func.coalesce(select(moved_channels.c.new).where(moved_channels.c.old == _place).scalar_subquery(), _place)
# What is recorded about deliveries, for many at once.
OURS = (
    select(messages.c.id).order_by(messages.c.id)
    .where(messages.c.id.in_(bindparam("ids", expanding=True)), IS_SENDING, messages.c.holder == bindparam("me"))
)  # fmt: skip
SENT = update(messages).where(messages.c.id == bindparam("which")).values(
    state=MessageState.SENT, sent_at=bindparam("at", type_=Utc()), channel=PRESENT, ts=bindparam("at_ts"),
    error=None, holder=None,
)  # fmt: skip
ANCHORED = (
    update(lanes).where(lanes.c.id == bindparam("lane"), lanes.c.thread_ts.is_(None))
    .values(channel=PRESENT, thread_ts=bindparam("anchor"))
)  # fmt: skip
_at = bindparam("at", type_=Utc())
RELEASED = (
    update(messages).where(IS_WAITING, messages.c.awaits == bindparam("linked"))
    .values(next_at=case((messages.c.next_at > _at, _at), else_=messages.c.next_at))
)  # fmt: skip

_withdrawn = messages.alias()
# Changes of a message that was withdrawn before it arrived.
UNDO_CHANGES = update(messages).where(
    IS_WAITING, messages.c.target == bindparam("withdrawn"),
    exists().where(_withdrawn.c.id == bindparam("withdrawn"), _withdrawn.c.state == MessageState.DROPPED),
).values(state=MessageState.DROPPED, error=RECALLED)  # fmt: skip
PART = "part"  # what the payload of a comment or file has once it is in the tracker


@dataclass(frozen=True, slots=True)
class ClaimedMessages:
    """`more` when other messages are due too: the limit was too small, or their buckets were empty."""

    messages: list[OutboxMessage]
    more: bool


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that arrived; `ts` is None for what leaves no message behind, such as an App Home."""

    message: OutboxMessage
    channel: str
    ts: str | None
    at: datetime


class DeliveryQueue:
    """`me` is this process; a message being sent belongs to the process that claimed it."""

    def __init__(self, connection: Connection, me: str) -> None:
        self._connection, self._me = connection, me
        self._buckets = RateLimits(connection)
        self._calls: Counter[str] = Counter()
        self._holds: dict[str, datetime] = {}

    def claim(self, now: datetime, limit: int, *, least: int = LEAST, by_age: bool = False) -> ClaimedMessages:
        """Claim due heads of lanes within the rate limits, marked as being sent by this process."""
        due = BY_AGE if by_age else BY_RANK
        if self._connection.dialect.name == "postgresql":
            due = due.with_for_update(skip_locked=True, of=messages)
        rows = self._connection.execute(due, {"now": now, "limit": limit, "least": least}).mappings()
        found = [message_of(row) for row in rows]
        granted = self._within_limits(found, now)
        if granted:
            self._connection.execute(MARK_SENDING, {"ids": [one.id for one in granted], "me": self._me, "now": now})
        return ClaimedMessages(granted, more=len(found) == limit or len(granted) < len(found))

    def _within_limits(self, found: Sequence[OutboxMessage], now: datetime) -> list[OutboxMessage]:
        """Return the messages whose buckets have tokens, in their order."""
        if not found:
            return []
        # One that is searched for first takes its token later, if it is posted at all.
        keys = {one.id: () if _is_looked_for(one) else bucket_keys(one.verb, one.lane.place) for one in found}
        have = self._lock_settled([key for each in keys.values() for key in each], now)
        left = {key: bucket.tokens(now) for key, bucket in have.items()}
        gone: Counter[str] = Counter()
        granted = []
        for one in found:
            if all((tokens := left[key]) is None or gone[key] < tokens for key in keys[one.id]):
                granted.append(one)
                gone.update(keys[one.id])
        limited = {key: bucket for key, bucket in have.items() if left[key] is not None}
        self._buckets.save({key: bucket.send(gone[key]) for key, bucket in limited.items()}, now)
        return granted

    def next_due(self) -> datetime | None:
        """Return when the next message is due; those behind a head being sent don't count."""
        soonest: datetime | None = self._connection.scalar(NEXT_DUE)
        return soonest

    def hold(self, message: OutboxMessage, until: datetime) -> None:
        """Hold a method in a channel until a Retry-After has passed."""
        self._holds[bucket_keys(message.verb, message.lane.place)[0]] = until

    def settle(self, now: datetime) -> None:
        """Settle the rate limits of finished calls; last in the transaction, so that locks are taken in one order."""
        if self._calls or self._holds:
            self._buckets.save(self._lock_settled((), now), now)

    def _lock_settled(self, keys: Iterable[str], now: datetime) -> dict[str, Bucket]:
        """Lock buckets together with those of finished calls, and settle these; the caller saves them."""
        paced = {key: count for key, count in self._calls.items() if rate_for(key).interval}
        if not (keys or paced or self._holds):
            return {}
        have = self._buckets.lock({*keys, *paced, *self._holds}, now)
        for key, count in paced.items():
            have[key] = have[key].land(count, now)
        for key, until in self._holds.items():
            have[key] = have[key].hold(until)
        self._calls.clear()
        self._holds.clear()
        return have

    def recover(self) -> int:
        """Release messages of dead processes, marked as possibly sent; return how many."""
        shared = self._connection.dialect.name == "postgresql"
        living = text("alive_until > timezone('UTC', clock_timestamp())") if shared else replicas.c.id == self._me
        lost = and_(messages.c.holder.is_not(None), messages.c.holder.not_in(select(replicas.c.id).where(living)))
        return self._mark_uncertain(and_(IS_SENDING, lost))

    def release(self) -> int:
        """Release the messages this process is sending, marked as possibly sent."""
        return self._mark_uncertain(and_(IS_SENDING, messages.c.holder == self._me))

    def mark_sent(self, *arrived: SentMessage) -> None:
        """Record deliveries together: a first message anchors its lane and releases the messages that link to it."""
        ours = self._still_ours([one.message for one in arrived]) if arrived else set()
        marks = [one for one in arrived if one.message.id in ours]
        if not marks:
            return
        self._connection.execute(SENT, [_sent_row(one) for one in marks])
        for one in marks:
            self._count(one.message)
        posts = [one for one in marks if one.message.verb is MessageKind.POST and one.ts is not None]
        anchors = [{"lane": one.message.lane.id, "at_place": one.channel, "anchor": one.ts} for one in posts
                   if not one.message.lane.is_channel
                   and (not one.message.lane.thread_ts or not one.message.in_thread)]  # fmt: skip
        if anchors:
            self._connection.execute(ANCHORED, anchors)
        for one in marks:
            if one.message.verb is MessageKind.CHANNEL and one.channel != one.message.lane.channel:
                self._move_lane(one.message.lane, one.channel)
        firsts = [{"linked": one.message.lane.name, "at": one.at} for one in posts if not one.message.in_thread]
        if firsts:
            self._connection.execute(RELEASED, firsts)

    def _still_ours(self, sent: Sequence[OutboxMessage]) -> set[int]:
        """Return the messages that no other process has taken over, locked."""
        mine = OURS.with_for_update() if self._connection.dialect.name == "postgresql" else OURS
        return set(self._connection.scalars(mine, {"ids": [one.id for one in sent], "me": self._me}))

    def retry(self, message: OutboxMessage, at: datetime, reason: str, *, uncertain: bool, counts: bool = True) -> None:
        """Schedule a retry, unless it was withdrawn meanwhile; a rate limit doesn't count as an attempt."""
        attempts, uncertain = message.attempts if counts else message.attempts - 1, uncertain or message.uncertain
        values = {"next_at": at, "attempts": attempts, "holder": None, "uncertain": uncertain}
        if uncertain:  # it may be in Slack, where it has to be found
            self._finish(message, {**values, "state": MessageState.WAITING, "error": reason})
            return
        recalled = messages.c.error == RECALLED
        values["state"] = case((recalled, MessageState.DROPPED), else_=MessageState.WAITING)
        self._finish(message, {**values, "error": case((recalled, RECALLED), else_=reason)})
        self._connection.execute(UNDO_CHANGES, {"withdrawn": message.id})

    def put_back(self, message: OutboxMessage, at: datetime) -> None:
        """Have a message wait that was not sent: that is no attempt, and takes nothing of a rate limit."""
        recalled = messages.c.error == RECALLED
        values = {"next_at": at, "attempts": message.attempts - 1, "holder": None,
                  "state": case((recalled, MessageState.DROPPED), else_=MessageState.WAITING)}  # fmt: skip
        mine = update(messages).where(messages.c.id == message.id, IS_SENDING, messages.c.holder == self._me)
        self._connection.execute(mine.values(values))
        self._connection.execute(UNDO_CHANGES, {"withdrawn": message.id})
        self._calls.update(dict.fromkeys(bucket_keys(message.verb, message.lane.place), 0))  # one less is on its way

    def retry_now(self, now: datetime) -> None:
        """Retry at once the messages that failed during an outage of Slack."""
        tried = and_(IS_WAITING, messages.c.attempts > 0, messages.c.next_at > now)
        self._connection.execute(update(messages).where(tried, messages.c.uncertain).values(next_at=now))

    def post_again(self, message: OutboxMessage, now: datetime) -> None:
        """Post the newest text of a message anew, because the message to update was deleted."""
        if not self._finish(message, {"state": MessageState.DROPPED, "error": "replaced: the message was deleted"}):
            return
        mine = select(messages.c.id).where(messages.c.lane_id == message.lane.id)
        first = self._connection.scalar(mine.order_by(messages.c.id).limit(1))
        again = {
            "state": MessageState.WAITING,
            "next_at": now,
            "payload": message.payload,
            "ts": None,
            "uncertain": False,
            "tried_at": None,
            "bucket": f"{MessageKind.POST} {message.lane.place}",
        }
        self._connection.execute(update(messages).where(messages.c.id == message.target).values(again))
        if message.target == first:
            self._move_lane(message.lane, message.lane.channel)

    def move(self, message: OutboxMessage, channel: str, now: datetime) -> None:
        """Start the lane anew in a channel with this message, because its thread or channel is gone."""
        if self._finish(message, {"state": MessageState.WAITING, "next_at": now, "in_thread": False, "holder": None}):
            self._move_lane(message.lane, channel)

    def remember_upload(self, message: OutboxMessage, upload: str) -> None:
        """Record the id of an upload before it is shown, so that another try shows the same one."""
        mine = update(messages).where(messages.c.id == message.id, IS_SENDING, messages.c.holder == self._me)
        self._connection.execute(mine.values(payload={**message.payload, "upload": upload}))

    def remember_part(self, message: OutboxMessage, part: str) -> None:
        """Record what a tracker made of a message, with what else is stored of it, so that it is not made again."""
        mine = update(messages).where(messages.c.id == message.id, IS_SENDING, messages.c.holder == self._me)
        self._connection.execute(mine.values(payload={**message.payload, PART: part}))

    def lock_lane(self, lane: Lane) -> None:
        """Wait for who is changing the lane, such as its channel's id, and keep others from it until the end."""
        self._connection.execute(select(lanes.c.id).where(lanes.c.id == lane.id).with_for_update())

    def give_up(self, message: OutboxMessage, reason: str) -> bool:
        """Drop a message that no one can send, of which people are told; return whether it was ours."""
        return self._finish(message, {"state": MessageState.DROPPED, "error": reason, "holder": None})

    def mark_dead(self, message: OutboxMessage, reason: str) -> bool:
        """Give up a message, and its lane if it was the first; return whether leads should be told."""
        if not self._finish(message, {"state": MessageState.DEAD, "error": reason, "holder": None}):
            return False
        told = (MessageKind.GROUP, MessageKind.HOOK, MessageKind.STEP)
        if message.verb in (*told, MessageKind.PUBLISH, MessageKind.REACT, MessageKind.CHANNEL):
            return message.verb in told  # the others are replaced by newer ones
        if self._connection.scalar(select(lanes.c.thread_ts).where(lanes.c.id == message.lane.id)):
            return True
        rest = update(messages).where(messages.c.lane_id == message.lane.id, or_(IS_WAITING, IS_SENDING))
        self._connection.execute(rest.values(state=MessageState.DEAD, error=f"lane: {reason}"))
        alive = update(lanes).where(lanes.c.id == message.lane.id, lanes.c.dead.is_(None))
        return self._connection.execute(alive.values(dead=reason)).rowcount == 1

    def _finish(self, message: OutboxMessage, values: dict[str, Any]) -> bool:
        """Update a message this process holds; return False when another process has taken it over."""
        mine = update(messages).where(messages.c.id == message.id, IS_SENDING, messages.c.holder == self._me)
        if self._connection.execute(mine.values(values)).rowcount != 1:
            return False
        self._count(message)
        return True

    def _count(self, message: OutboxMessage) -> None:
        """Note a call that was answered, for `settle`."""
        if not _is_looked_for(message):
            self._calls.update(bucket_keys(message.verb, message.lane.place))

    def _move_lane(self, lane: Lane, channel: str) -> None:
        """Start the lane anew in another channel, or in a new thread."""
        channel = self._connection.scalar(select(_present(channel))) or channel
        fallback = None if channel == lane.person else lane.person
        place = rate_limit_place(channel, lane.person)
        values = {"channel": channel, "place": place, "thread_ts": None, "person": fallback}
        self._connection.execute(update(lanes).where(lanes.c.id == lane.id).values(values))
        follow = update(messages).where(messages.c.lane_id == lane.id, UNSENT)
        self._connection.execute(follow.values(bucket=messages.c.verb + f" {place}"))

    def _mark_uncertain(self, which: Any) -> int:
        for bucket, verb, looked_for in self._connection.execute(select(*DOUBTED).where(which)):
            if not looked_for:
                self._calls.update(bucket_keys(verb, bucket.partition(" ")[2]))
        mark = update(messages).where(which).values(state=MessageState.WAITING, uncertain=True, holder=None)
        return self._connection.execute(mark).rowcount


def _present(channel: str) -> Any:
    """The id that a channel has now: Slack may have given it another one since the message was claimed."""
    if is_direct(channel):
        return literal(channel)
    newer = select(moved_channels.c.new).where(moved_channels.c.old == channel).scalar_subquery()
    return func.coalesce(newer, channel)


def _sent_row(one: SentMessage) -> dict[str, Any]:
    # What leaves no message behind has no place to be found in later.
    return {"which": one.message.id, "at": one.at, "at_place": one.channel if one.ts else None, "at_ts": one.ts}


def _is_looked_for(message: OutboxMessage) -> bool:
    return message.uncertain and message.verb is MessageKind.POST
