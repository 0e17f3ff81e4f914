"""The dispatcher's side of the outbox: which letter may leave, and what became of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, text, update

from domain.delivery.message import Lane, Letter, State, Verb, place_of
from domain.delivery.rate_limits import keys_of, rate_of
from storage.delivery.claims import BY_AGE, BY_RANK, LEAST, MARK_SENDING, NEXT_DUE, letter_of
from storage.delivery.rate_limits import Buckets
from storage.operations.tables import IS_SENDING, IS_WAITING, UNSENT, lanes, letters, replicas

DOUBTED = (letters.c.bucket, letters.c.verb, and_(letters.c.uncertain, letters.c.verb == Verb.POST))


@dataclass(frozen=True, slots=True)
class Taken:
    """`more` when others may leave too: the room was too small, or their buckets were empty meanwhile."""

    letters: list[Letter]
    more: bool


class Post:
    """`me` is this process; a letter on the wire belongs to the one that took it."""

    def __init__(self, connection: Connection, me: str) -> None:
        self._connection, self._me = connection, me
        self._buckets = Buckets(connection)
        self._landed: Counter[str] = Counter()
        self._holds: dict[str, datetime] = {}

    def take(self, now: datetime, room: int, *, least: int = LEAST, by_age: bool = False) -> Taken:
        """Heads of lanes that are due and may leave at this pace, marked as being sent by this process."""
        due = BY_AGE if by_age else BY_RANK
        if self._connection.dialect.name == "postgresql":
            due = due.with_for_update(skip_locked=True, of=letters)
        rows = self._connection.execute(due, {"now": now, "room": room, "least": least}).mappings()
        found = [letter_of(row) for row in rows]
        granted = self._at_pace(found, now)
        if granted:
            self._connection.execute(MARK_SENDING, {"ids": [one.id for one in granted], "me": self._me, "now": now})
        return Taken(granted, more=len(found) == room or len(granted) < len(found))

    def _at_pace(self, found: Sequence[Letter], now: datetime) -> list[Letter]:
        """As many of them as their buckets have tokens for, in their order."""
        if not found:
            return []
        # One that is looked for first takes its token when it is posted: later, if at all.
        keys = {one.id: () if _is_looked_for(one) else keys_of(one.verb, one.lane.place) for one in found}
        have = self._buckets.lock((key for each in keys.values() for key in each), now)
        left = {key: bucket.tokens(now) for key, bucket in have.items()}
        gone: Counter[str] = Counter()
        granted = []
        for one in found:
            if all((tokens := left[key]) is None or gone[key] < tokens for key in keys[one.id]):
                granted.append(one)
                gone.update(keys[one.id])
        limited = {key: bucket for key, bucket in have.items() if left[key] is not None}
        self._buckets.keep({key: bucket.send(gone[key]) for key, bucket in limited.items()}, now)
        return granted

    def next_due(self) -> datetime | None:
        """When the next letter may leave; letters behind a head that is being sent do not count."""
        soonest: datetime | None = self._connection.scalar(NEXT_DUE)
        return soonest

    def hold(self, letter: Letter, until: datetime) -> None:
        """Slack said Retry-After: this method waits in this place, and nothing else does."""
        self._holds[keys_of(letter.verb, letter.lane.place)[0]] = until

    def land(self, now: datetime) -> None:
        """Count what this transaction says has arrived or may have; last of all, so that locks have one order."""
        paced = {key: count for key, count in self._landed.items() if rate_of(key).interval}
        if not paced and not self._holds:
            return
        have = self._buckets.lock({*paced, *self._holds}, now)
        for key, count in paced.items():
            have[key] = have[key].land(count, now)
        for key, until in self._holds.items():
            have[key] = have[key].hold(until)
        self._buckets.keep(have, now)
        self._landed.clear()
        self._holds.clear()

    def recover(self) -> int:
        """Letters on the wire of a process that is gone may have arrived: they are looked for first."""
        shared = self._connection.dialect.name == "postgresql"
        living = text("alive_until > timezone('UTC', clock_timestamp())") if shared else replicas.c.id == self._me
        lost = and_(letters.c.holder.is_not(None), letters.c.holder.not_in(select(replicas.c.id).where(living)))
        return self._doubt(and_(IS_SENDING, lost))

    def unheld(self) -> list[int]:
        """Letters on the wire of a process of the release before 0002, which did not say so."""
        return list(self._connection.scalars(select(letters.c.id).where(IS_SENDING, letters.c.holder.is_(None))))

    def recover_unheld(self, ids: Iterable[int]) -> int:
        return self._doubt(and_(IS_SENDING, letters.c.holder.is_(None), letters.c.id.in_(list(ids))))

    def let_go(self) -> int:
        """What this process has on the wire is somebody else's now."""
        return self._doubt(and_(IS_SENDING, letters.c.holder == self._me))

    def sent(self, letter: Letter, channel: str, ts: str | None, at: datetime) -> None:
        """It arrived: a first message anchors its lane and frees the letters that link to it."""
        values = {"state": State.SENT, "sent_at": at, "channel": channel, "ts": ts, "error": None, "holder": None}
        if not self._settle(letter, values) or letter.verb is not Verb.POST or ts is None:
            return
        if not letter.lane.thread_ts or not letter.in_thread:
            self._connection.execute(
                update(lanes).where(lanes.c.id == letter.lane.id, lanes.c.thread_ts.is_(None))
                .values(channel=channel, thread_ts=ts)
            )  # fmt: skip
        if not letter.in_thread:
            waiting = update(letters).where(IS_WAITING, letters.c.awaits == letter.lane.name)
            self._connection.execute(
                waiting.values(next_at=case((letters.c.next_at > at, at), else_=letters.c.next_at))
            )

    def retry(self, letter: Letter, at: datetime, reason: str, *, uncertain: bool, counts: bool = True) -> None:
        """Later. A rate limit is no attempt: it neither counts nor makes the pauses longer."""
        attempts = letter.attempts if counts else letter.attempts - 1
        values = {"state": State.WAITING, "next_at": at, "error": reason, "attempts": attempts, "holder": None}
        self._settle(letter, {**values, "uncertain": uncertain or letter.uncertain})

    def try_again(self, now: datetime) -> None:
        """Slack is back: what was tried in vain while it was away is tried at once."""
        tried = and_(IS_WAITING, letters.c.attempts > 0, letters.c.next_at > now)
        self._connection.execute(update(letters).where(tried, letters.c.uncertain).values(next_at=now))

    def say_again(self, letter: Letter, now: datetime) -> None:
        """The message to be changed was deleted: its newest text is posted once more, and stands in for it."""
        if not self._settle(letter, {"state": State.DROPPED, "error": "replaced: the message was deleted"}):
            return
        first = self._connection.scalar(select(func.min(letters.c.id)).where(letters.c.lane_id == letter.lane.id))
        again = {"state": State.WAITING, "next_at": now, "payload": letter.payload, "ts": None, "uncertain": False,
                 "tried_at": None, "bucket": f"{Verb.POST} {letter.lane.place}"}  # fmt: skip
        self._connection.execute(update(letters).where(letters.c.id == letter.target).values(again))
        if letter.target == first:
            self._move(letter.lane, letter.lane.channel)

    def restart(self, letter: Letter, channel: str, now: datetime) -> None:
        """The thread is gone, or the channel out of reach: this letter starts the lane anew there."""
        if self._settle(letter, {"state": State.WAITING, "next_at": now, "in_thread": False, "holder": None}):
            self._move(letter.lane, channel)

    def bury(self, letter: Letter, reason: str) -> bool:
        """It can never arrive. A lane without its first message is dead too; True when somebody should hear of it."""
        if not self._settle(letter, {"state": State.DEAD, "error": reason, "holder": None}):
            return False
        if letter.verb in (Verb.PUBLISH, Verb.REACT, Verb.GROUP, Verb.HOOK):
            return letter.verb in (Verb.GROUP, Verb.HOOK)  # of the others nobody misses one
        if self._connection.scalar(select(lanes.c.thread_ts).where(lanes.c.id == letter.lane.id)):
            return True
        rest = update(letters).where(letters.c.lane_id == letter.lane.id, or_(IS_WAITING, IS_SENDING))
        self._connection.execute(rest.values(state=State.DEAD, error=f"lane: {reason}"))
        alive = update(lanes).where(lanes.c.id == letter.lane.id, lanes.c.dead.is_(None))
        return self._connection.execute(alive.values(dead=reason)).rowcount == 1

    def _settle(self, letter: Letter, values: dict[str, Any]) -> bool:
        """Only the one that holds a letter says what became of it; False when it was taken from us meanwhile."""
        mine = update(letters).where(letters.c.id == letter.id, IS_SENDING, letters.c.holder == self._me)
        if self._connection.execute(mine.values(values)).rowcount != 1:
            return False
        if not _is_looked_for(letter):
            self._landed.update(keys_of(letter.verb, letter.lane.place))
        return True

    def _move(self, lane: Lane, channel: str) -> None:
        """The lane starts anew in another place, or at the same one in a new thread."""
        fallback = None if channel == lane.person else lane.person
        place = place_of(channel, lane.person)
        values = {"channel": channel, "place": place, "thread_ts": None, "person": fallback}
        self._connection.execute(update(lanes).where(lanes.c.id == lane.id).values(values))
        follow = update(letters).where(letters.c.lane_id == lane.id, UNSENT)
        self._connection.execute(follow.values(bucket=letters.c.verb + f" {place}"))

    def _doubt(self, which: Any) -> int:
        for bucket, verb, looked_for in self._connection.execute(select(*DOUBTED).where(which)):
            if not looked_for:
                self._landed.update(keys_of(verb, bucket.partition(" ")[2]))
        mark = update(letters).where(which).values(state=State.WAITING, uncertain=True, holder=None)
        return self._connection.execute(mark).rowcount


def _is_looked_for(letter: Letter) -> bool:
    return letter.uncertain and letter.verb is Verb.POST
