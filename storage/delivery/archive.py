"""The outbox as operators see it: counts by state, dead messages and retention."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from domain.delivery.message import MessageKind, MessageState, OutboxEntry
from storage.delivery.tables import IS_DEAD, IS_SENDING, IS_WAITING, lanes, messages, mirrors, requests

_earlier = messages.alias("earlier")
OPEN_GAP = "gap:"  # what the key begins with of a time that is being read back, which goes on with when it began
PERMANENT = "import:"  # what the keys of requests begin with that may come again after years: lines of a file
BATCH = 500  # keys in one statement
RETRIED_LANES = 1000  # lanes of a channel whose dead messages are sent again
MAX_CLOCK_SKEW = timedelta(minutes=1)  # a message further in the future was created before the clock was set back


LANE = messages.c.lane_id + 0  # not from the index of lanes: the dead have one of their own, and are few
# SQLite reads a partial index only for a state that stands in the statement.
BY_STATE = {state: messages.c.state == literal_column(f"'{state.value}'") for state in MessageState}


class MessageArchive:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count_by_state(self) -> dict[str, int]:
        """Return the number of waiting, sending and dead messages; read from indexes."""
        states = (MessageState.WAITING, MessageState.SENDING, MessageState.DEAD)
        counts = ((state, select(func.count()).where(BY_STATE[state])) for state in states)
        return {state.value: self._connection.scalar(count) or 0 for state, count in counts}

    def count_waiting_to(self, channel: str) -> int:
        """Return how many messages to a channel or a system are not sent yet."""
        unsent = or_(IS_WAITING, IS_SENDING)
        mine = select(func.count()).select_from(messages.join(lanes, lanes.c.id == messages.c.lane_id))
        return self._connection.scalar(mine.where(unsent, lanes.c.channel == channel)) or 0

    def find_oldest(self) -> datetime | None:
        """Return since when the oldest waiting message has been waiting.

        Calls to other systems are left out: they wait as long as those are away, whatever becomes of Slack's.
        """
        since: datetime | None = self._connection.scalar(
            select(func.min(messages.c.created_at)).where(
                or_(IS_WAITING, IS_SENDING), messages.c.verb != MessageKind.HOOK.value
            )
        )
        return since

    def list_overdue(self, since: datetime, limit: int = 20) -> list[OutboxEntry]:
        """Return messages that were due before then and haven't been sent."""
        late = and_(or_(IS_WAITING, IS_SENDING), messages.c.next_at <= since)
        return self._entries(late, limit)

    def list_newest(self, states: Sequence[MessageState], limit: int = 50) -> list[OutboxEntry]:
        """Return the newest messages in those states."""
        return self._entries(or_(*(BY_STATE[state] for state in states)), limit, newest=True)

    def find(self, message_id: int) -> OutboxEntry | None:
        return next(iter(self._entries(messages.c.id == message_id, 1)), None)

    def retry(self, entry: OutboxEntry, now: datetime) -> int:
        """Queue a dead message and those that died with it again; return how many."""
        lane = select(messages.c.lane_id).where(messages.c.id == entry.id).scalar_subquery()
        self._connection.execute(update(lanes).where(lanes.c.id == lane).values(dead=None))
        dead = and_(IS_DEAD, lane == LANE)
        mine = and_(dead, or_(messages.c.id == entry.id, messages.c.error.startswith("lane: ")))
        # Its bucket may be of the release before 0002; the dispatcher's side knows the lane's.
        bucket = messages.c.verb + " " + select(lanes.c.place).where(lanes.c.id == messages.c.lane_id).scalar_subquery()
        again = {"state": MessageState.WAITING, "next_at": now, "attempts": 0, "error": None, "bucket": bucket}
        return self._connection.execute(update(messages).where(mine).values(again)).rowcount

    def count_dead_in(self, channel: str) -> int:
        """Return how many dead messages were for a channel."""
        return int(self._connection.scalar(select(func.count()).select_from(messages).where(_dead_in(channel))) or 0)

    def retry_in(self, channel: str, now: datetime) -> int:
        """Queue every dead message for a channel again; return how many."""
        first = select(func.min(messages.c.id)).where(_dead_in(channel)).group_by(messages.c.lane_id)
        entries = self._entries(messages.c.id.in_(first), RETRIED_LANES)
        return sum(self.retry(entry, now) for entry in entries)

    def drop(self, entry: OutboxEntry) -> int:
        """Drop a dead message and those that died with it; return how many."""
        lane = select(messages.c.lane_id).where(messages.c.id == entry.id).scalar_subquery()
        buried = and_(lane == LANE, messages.c.error.startswith("lane: "))
        mine = and_(IS_DEAD, or_(messages.c.id == entry.id, buried))
        return self._connection.execute(update(messages).where(mine).values(state=MessageState.DROPPED)).rowcount

    def delete_old(self, position: int, before: datetime, limit: int = 2000) -> tuple[int, int]:
        """Delete the next messages after an id that were sent or dropped before then; return how many and the last id.

        A lane's first message stays, since changes need its place, and so do those that carry a person's words to the
        other thread; but no longer what they said.
        """
        some = select(messages.c.id, messages.c.state, messages.c.created_at).where(messages.c.id > position)
        rows = self._connection.execute(some.order_by(messages.c.id).limit(limit)).all()
        old = [row for row in rows if row.created_at < before]
        ended = [row.id for row in old if row.state in (MessageState.SENT, MessageState.DROPPED)]
        among = messages.c.id.in_(ended)
        first = ~exists().where(_earlier.c.lane_id == messages.c.lane_id, _earlier.c.id < messages.c.id)
        kept = set(self._connection.scalars(select(messages.c.id).where(among, first)))
        kept |= set(self._connection.scalars(select(mirrors.c.message_id).where(mirrors.c.message_id.in_(ended))))
        gone = [message for message in ended if message not in kept]
        self._connection.execute(update(messages).where(messages.c.target.in_(gone)).values(target=None))
        self._connection.execute(delete(messages).where(messages.c.id.in_(gone)))
        self._connection.execute(update(messages).where(messages.c.id.in_(kept)).values(payload={}))
        return len(gone), old[-1].id if old else position

    def count_requests(self, keys: Sequence[str]) -> int:
        """Return how many of these requests were carried out."""
        batches = (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
        counts = (select(func.count()).select_from(requests).where(requests.c.key.in_(batch)) for batch in batches)
        return sum(self._connection.scalar(count) or 0 for count in counts)

    def count_requests_since(self, keys: Sequence[str], since: datetime) -> int:
        """Return how many of these requests were carried out since then."""
        batches = (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
        late = select(func.count()).select_from(requests).where(requests.c.at >= since)
        return sum(self._connection.scalar(late.where(requests.c.key.in_(batch))) or 0 for batch in batches)

    def find_newest_request(self) -> datetime | None:
        """Return when the last request was carried out; None before the first."""
        newest = select(requests.c.at).where(~requests.c.key.startswith(OPEN_GAP)).order_by(requests.c.at.desc())
        found: datetime | None = self._connection.scalar(newest.limit(1))
        return found

    def find_open_gap(self) -> tuple[datetime, datetime] | None:
        """Return from when to when nothing could be taken, if that was not read back to its end."""
        row = self._connection.execute(select(requests).where(requests.c.key.startswith(OPEN_GAP))).first()
        return (datetime.fromisoformat(row.key.removeprefix(OPEN_GAP)), row.at) if row else None

    def open_gap(self, since: datetime, until: datetime) -> None:
        """Record that nothing could be taken in that time, unless another such time is being read back."""
        if self.find_open_gap() is None:
            self.update_request(f"{OPEN_GAP}{since.isoformat()}", until)

    def close_gap(self) -> None:
        """Record that it was read back to its end."""
        self._connection.execute(delete(requests).where(requests.c.key.startswith(OPEN_GAP)))

    def update_request(self, key: str, at: datetime) -> None:
        """Record when a request was carried out last."""
        key = key[:300]
        mine = update(requests).where(requests.c.key == key).values(at=at)
        if not self._connection.execute(mine).rowcount:
            self._connection.execute(insert(requests).values(key=key, at=at))

    def find_request(self, key: str) -> datetime | None:
        """Return when a request was carried out; None if it was not."""
        found: datetime | None = self._connection.scalar(select(requests.c.at).where(requests.c.key == key[:300]))
        return found

    def delete_requests(self, before: datetime) -> int:
        """Delete the keys of requests that Slack won't deliver again."""
        old = and_(requests.c.at < before, ~requests.c.key.startswith(PERMANENT))
        return self._connection.execute(delete(requests).where(old)).rowcount

    def knows(self, channel: str, ts: str) -> bool:
        """Return whether a message in Slack is one of ours that is stored."""
        there = select(messages.c.id).where(messages.c.channel == channel, messages.c.ts == ts)
        return self._connection.execute(there.limit(1)).first() is not None

    def mark_all_uncertain(self) -> int:
        """Mark waiting messages as possibly sent, after restoring a backup; return how many."""
        waiting = update(messages).where(or_(IS_WAITING, IS_SENDING))
        values = {"state": MessageState.WAITING, "uncertain": True, "holder": None, "tried_at": messages.c.created_at}
        return self._connection.execute(waiting.values(values)).rowcount

    def release_future(self, now: datetime) -> int:
        """Make messages due that were created in the future, before the clock was set back."""
        ahead = and_(IS_WAITING, messages.c.created_at > now + MAX_CLOCK_SKEW, messages.c.next_at > now)
        return self._connection.execute(update(messages).where(ahead).values(next_at=now)).rowcount

    def _entries(self, which: object, limit: int, *, newest: bool = False) -> list[OutboxEntry]:
        columns = (messages, lanes.c.name, lanes.c.channel.label("lane_channel"), lanes.c.ticket_id)
        found = select(*columns).join(lanes, lanes.c.id == messages.c.lane_id).where(which)  # type: ignore[arg-type]
        order = messages.c.id.desc() if newest else messages.c.id
        return [_entry(row) for row in self._connection.execute(found.order_by(order).limit(limit))]


def _dead_in(channel: str) -> ColumnElement[bool]:
    here = select(lanes.c.id).where(or_(lanes.c.channel == channel, lanes.c.place == channel))
    dead = select(_earlier.c.id).where(_earlier.c.state == literal_column("'dead'"))
    return and_(messages.c.id.in_(dead), LANE.in_(here))


def _entry(row: Row[tuple[object, ...]]) -> OutboxEntry:
    return OutboxEntry(id=row.id, state=MessageState(row.state), verb=row.verb, lane=row.name,
                 channel=row.channel or row.lane_channel, ticket_id=row.ticket_id, created_at=row.created_at,
                 next_at=row.next_at, attempts=row.attempts, error=row.error)  # fmt: skip
