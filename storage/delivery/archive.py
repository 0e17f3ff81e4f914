"""Letters as their keepers see them: how many wait and since when, which are dead, and what is old enough to go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, and_, delete, exists, func, or_, select, update

from domain.delivery.message import Entry, State
from storage.operations.tables import IS_DEAD, IS_SENDING, IS_WAITING, lanes, letters, mirrors, requests

_earlier = letters.alias("earlier")
FOR_GOOD = "import:"  # what the keys of requests begin with that may come again after years: lines of a file
JUMP = timedelta(minutes=1)  # a letter from further ahead than this was written by a clock that was put back since


class Archive:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counts(self) -> dict[str, int]:
        """How many wait, are on the wire, or are dead: each read from an index, however many were sent."""
        states = {State.WAITING: IS_WAITING, State.SENDING: IS_SENDING, State.DEAD: IS_DEAD}
        return {s.value: self._connection.scalar(select(func.count()).where(w)) or 0 for s, w in states.items()}

    def oldest(self) -> datetime | None:
        """Since when the longest waiting letter has been waiting."""
        since: datetime | None = self._connection.scalar(
            select(func.min(letters.c.created_at)).where(or_(IS_WAITING, IS_SENDING))
        )
        return since

    def overdue(self, since: datetime, limit: int = 20) -> list[Entry]:
        """Letters that should have left before then, and did not."""
        late = and_(or_(IS_WAITING, IS_SENDING), letters.c.next_at <= since)
        return self._entries(late, limit)

    def newest(self, states: Sequence[State], limit: int = 50) -> list[Entry]:
        """The newest of those states."""
        return self._entries(letters.c.state.in_(states), limit, newest=True)

    def find(self, letter_id: int) -> Entry | None:
        return next(iter(self._entries(letters.c.id == letter_id, 1)), None)

    def retry(self, entry: Entry, now: datetime) -> int:
        """A dead letter is to be sent after all, and what was buried with it. How many those are."""
        lane = select(letters.c.lane_id).where(letters.c.id == entry.id).scalar_subquery()
        self._connection.execute(update(lanes).where(lanes.c.id == lane).values(dead=None))
        dead = and_(letters.c.state == State.DEAD, letters.c.lane_id == lane)
        mine = and_(dead, or_(letters.c.id == entry.id, letters.c.error.startswith("lane: ")))
        # Its bucket may be of the release before 0002; the dispatcher's side knows the lane's.
        bucket = letters.c.verb + " " + select(lanes.c.place).where(lanes.c.id == letters.c.lane_id).scalar_subquery()
        again = {"state": State.WAITING, "next_at": now, "attempts": 0, "error": None, "bucket": bucket}
        return self._connection.execute(update(letters).where(mine).values(again)).rowcount

    def drop(self, entry: Entry) -> int:
        """A dead letter need not be said any more, nor what was buried with it. How many those are."""
        lane = select(letters.c.lane_id).where(letters.c.id == entry.id).scalar_subquery()
        buried = and_(letters.c.lane_id == lane, letters.c.error.startswith("lane: "))
        mine = and_(letters.c.state == State.DEAD, or_(letters.c.id == entry.id, buried))
        return self._connection.execute(update(letters).where(mine).values(state=State.DROPPED)).rowcount

    def prune(self, position: int, before: datetime, limit: int = 2000) -> tuple[int, int]:
        """Forget the next letters after that one that were sent or dropped before then: how many, and how far it got.

        A lane's first letter stays, since changes need its place, and so do those that carry a person's words to the
        other thread; but no longer what they said.
        """
        some = select(letters.c.id, letters.c.state, letters.c.created_at).where(letters.c.id > position)
        rows = self._connection.execute(some.order_by(letters.c.id).limit(limit)).all()
        old = [row for row in rows if row.created_at < before]
        ended = [row.id for row in old if row.state in (State.SENT, State.DROPPED)]
        among = letters.c.id.in_(ended)
        first = ~exists().where(_earlier.c.lane_id == letters.c.lane_id, _earlier.c.id < letters.c.id)
        kept = set(self._connection.scalars(select(letters.c.id).where(among, first)))
        kept |= set(self._connection.scalars(select(mirrors.c.letter_id).where(mirrors.c.letter_id.in_(ended))))
        gone = [letter for letter in ended if letter not in kept]
        self._connection.execute(update(letters).where(letters.c.target.in_(gone)).values(target=None))
        self._connection.execute(delete(letters).where(letters.c.id.in_(gone)))
        self._connection.execute(update(letters).where(letters.c.id.in_(kept)).values(payload={}))
        return len(gone), old[-1].id if old else position

    def forget_requests(self, before: datetime) -> int:
        """Drop the keys of requests that nobody will deliver again."""
        old = and_(requests.c.at < before, ~requests.c.key.startswith(FOR_GOOD))
        return self._connection.execute(delete(requests).where(old)).rowcount

    def doubt_everything(self) -> int:
        """The database comes from a backup: whatever waits in it may have been sent since, and is looked for first."""
        waiting = update(letters).where(or_(IS_WAITING, IS_SENDING))
        values = {"state": State.WAITING, "uncertain": True, "holder": None, "tried_at": letters.c.created_at}
        return self._connection.execute(waiting.values(values)).rowcount

    def clock_went_back(self, now: datetime) -> int:
        """Letters that were written in what is the future now may leave all the same."""
        ahead = and_(IS_WAITING, letters.c.created_at > now + JUMP, letters.c.next_at > now)
        return self._connection.execute(update(letters).where(ahead).values(next_at=now)).rowcount

    def _entries(self, which: object, limit: int, *, newest: bool = False) -> list[Entry]:
        columns = (letters, lanes.c.name, lanes.c.channel.label("lane_channel"), lanes.c.ticket_id)
        found = select(*columns).join(lanes, lanes.c.id == letters.c.lane_id).where(which)  # type: ignore[arg-type]
        order = letters.c.id.desc() if newest else letters.c.id
        return [_entry(row) for row in self._connection.execute(found.order_by(order).limit(limit))]


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(id=row.id, state=State(row.state), verb=row.verb, lane=row.name,
                 channel=row.channel or row.lane_channel, ticket_id=row.ticket_id, created_at=row.created_at,
                 next_at=row.next_at, attempts=row.attempts, error=row.error)  # fmt: skip
