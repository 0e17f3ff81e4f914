"""The dispatcher's side of the outbox: which letter may leave, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, func, literal_column, or_, select, update

from domain.letter import Lane, Letter, State, Verb
from storage.tables import IS_SENDING, IS_WAITING, lanes, letters

UNSENT = or_(IS_WAITING, IS_SENDING)


_earlier = letters.alias("earlier")
# A lane is one conversation. Its letters leave in order, so only the head may go.
IS_HEAD = ~exists().where(
    and_(
        _earlier.c.lane_id == letters.c.lane_id,
        _earlier.c.id < letters.c.id,
        _earlier.c.state.in_([literal_column("'waiting'"), literal_column("'sending'")]),
    )
)
# The statements of the loop that never rests, built once: building them costs more than running them.
DUE = (
    select(letters.c.id)
    .where(IS_WAITING, letters.c.next_at <= bindparam("now"), IS_HEAD)
    .order_by(letters.c.priority, letters.c.id)
    .limit(bindparam("room"))
)
NEXT_DUE = select(func.min(letters.c.next_at)).where(IS_WAITING, IS_HEAD)
MARK_SENDING = (
    update(letters)
    .where(letters.c.id.in_(bindparam("ids", expanding=True)), IS_WAITING)
    .values(state=State.SENDING, attempts=letters.c.attempts + 1)
)


def _whole() -> Select[Any]:
    """Letters with their lane, the message they replace, and the lane they link to."""
    target, linked = letters.alias("target"), lanes.alias("linked")
    joined = letters.join(lanes, lanes.c.id == letters.c.lane_id)
    joined = joined.outerjoin(target, target.c.id == letters.c.target)
    joined = joined.outerjoin(linked, linked.c.name == letters.c.awaits)
    columns = [*letters.c, lanes.c.name, lanes.c.channel.label("place"), lanes.c.thread_ts, lanes.c.person,
               lanes.c.ticket_id, target.c.ts.label("target_ts"), target.c.channel.label("target_channel"),
               linked.c.id.label("linked_id"), linked.c.name.label("linked_name"),
               linked.c.channel.label("linked_channel"), linked.c.thread_ts.label("linked_ts")]  # fmt: skip
    wanted = letters.c.id.in_(bindparam("ids", expanding=True))
    return select(*columns).select_from(joined).where(wanted).order_by(letters.c.priority, letters.c.id)


WHOLE = _whole()


class Post:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, now: datetime, limit: int) -> list[Letter]:
        """Letters at the head of their lanes that are due, marked as sending."""
        due = DUE
        if self._connection.dialect.name == "postgresql":
            due = due.with_for_update(skip_locked=True)
        ids = list(self._connection.scalars(due, {"now": now, "room": limit}))
        if not ids:
            return []
        self._connection.execute(MARK_SENDING, {"ids": ids})
        return self._letters(ids)

    def next_due(self) -> datetime | None:
        """When the next waiting letter may leave; letters behind a head that is being sent do not count."""
        soonest: datetime | None = self._connection.scalar(NEXT_DUE)
        return soonest

    def recover(self) -> int:
        """Letters that were being sent when the process died may have arrived: they are looked for first."""
        mark = update(letters).where(IS_SENDING).values(state=State.WAITING, uncertain=True)
        return self._connection.execute(mark).rowcount

    def sent(self, letter: Letter, channel: str, ts: str | None, at: datetime) -> None:
        """It arrived: a first message anchors its lane and frees the letters that link to it."""
        values = {"state": State.SENT, "sent_at": at, "channel": channel, "ts": ts, "error": None}
        self._change(letter.id, values)
        if letter.verb is not Verb.POST or ts is None:
            return
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
        values = {"state": State.WAITING, "next_at": at, "error": reason, "attempts": attempts}
        self._change(letter.id, {**values, "uncertain": uncertain or letter.uncertain})

    def say_again(self, letter: Letter, now: datetime) -> None:
        """The message to be changed was deleted: its newest text is posted once more, and stands in for it."""
        target = letter.target
        first = self._connection.scalar(select(func.min(letters.c.id)).where(letters.c.lane_id == letter.lane.id))
        self._change(letter.id, {"state": State.DEAD, "error": "replaced: the message was deleted"})
        again = {
            "state": State.WAITING,
            "next_at": now,
            "payload": letter.payload,
            "ts": None,
            "uncertain": False,
        }
        self._change(target, again)
        if target == first:
            self.move(letter.lane, letter.lane.channel)

    def move(self, lane: Lane, channel: str) -> None:
        """The lane starts anew in another place (or at the same one, in a new thread)."""
        fallback = None if channel == lane.person else lane.person
        values = {"channel": channel, "thread_ts": None, "person": fallback}
        self._connection.execute(update(lanes).where(lanes.c.id == lane.id).values(values))

    def restart(self, letter: Letter, now: datetime) -> None:
        """The thread is gone: this letter starts a new one."""
        self._change(letter.id, {"state": State.WAITING, "next_at": now, "in_thread": False})

    def bury(self, letter: Letter, reason: str) -> bool:
        """It can never arrive. A lane without its first message is dead too; True when somebody should hear of it."""
        self._change(letter.id, {"state": State.DEAD, "error": reason})
        if letter.verb is Verb.PUBLISH:
            return False
        if self._connection.scalar(select(lanes.c.thread_ts).where(lanes.c.id == letter.lane.id)):
            return True
        rest = update(letters).where(letters.c.lane_id == letter.lane.id, UNSENT)
        self._connection.execute(rest.values(state=State.DEAD, error=f"lane: {reason}"))
        alive = update(lanes).where(lanes.c.id == letter.lane.id, lanes.c.dead.is_(None))
        return self._connection.execute(alive.values(dead=reason)).rowcount == 1

    def _change(self, letter_id: int | None, values: dict[str, Any]) -> None:
        self._connection.execute(update(letters).where(letters.c.id == letter_id).values(values))

    def _letters(self, ids: Sequence[int]) -> list[Letter]:
        return [_letter(row) for row in self._connection.execute(WHOLE, {"ids": ids}).mappings()]


def _letter(row: Any) -> Letter:
    lane = Lane(id=row["lane_id"], name=row["name"], channel=row["target_channel"] or row["place"],
                thread_ts=row["thread_ts"], person=row["person"], ticket_id=row["ticket_id"])  # fmt: skip
    awaits = None
    if row["linked_id"]:
        awaits = Lane(id=row["linked_id"], name=row["linked_name"], channel=row["linked_channel"],
                      thread_ts=row["linked_ts"])  # fmt: skip
    return Letter(
        id=row["id"], lane=lane, verb=Verb(row["verb"]), payload=row["payload"], priority=row["priority"],
        created_at=row["created_at"], in_thread=row["in_thread"], attempts=row["attempts"],
        uncertain=row["uncertain"], target=row["target"], target_ts=row["target_ts"], awaits=awaits,
    )  # fmt: skip
