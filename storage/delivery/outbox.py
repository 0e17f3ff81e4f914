"""The outbox: services queue messages in the same transaction as their data."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import LINK_WAIT, Lane, MessageKind, MessagePriority, MessageState, rate_limit_place
from storage.delivery.tables import IS_SENDING, IS_WAITING, lanes, messages

NEW_LANE = {
    name: new(lanes).on_conflict_do_nothing(index_elements=["name"]).returning(lanes.c.id)
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}

# Built once: building these statements takes longer than running them.
BY_NAME = select(lanes).where(lanes.c.name == bindparam("name"))
FIRST = select(func.min(messages.c.id)).where(
    messages.c.lane_id == bindparam("lane"), messages.c.state != MessageState.DROPPED
)
NEW = insert(messages)


class Outbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.changed = False  # whether the dispatchers have new work
        # What this transaction has seen of its lanes, so that it does not ask for the same thing again.
        self._lanes: dict[str, Lane | None] = {}
        self._firsts: dict[int, int | None] = {}

    def lane(
        self, name: str, channel: str, *, thread_ts: str | None = None, person: str | None = None,
        ticket_id: int | None = None, new: bool = False,
    ) -> Lane:  # fmt: skip
        """Return the lane of that name, created if needed; an existing one keeps its place.

        `new` when there can be none, which spares the question.
        """
        known = self._lanes.get(name) if new else self.find(name)
        if known:
            return known
        values = {
            "name": name,
            "channel": channel,
            "place": rate_limit_place(channel, person),
            "thread_ts": thread_ts,
            "person": person,
            "ticket_id": ticket_id,
        }
        # Two transactions about different tickets may both be the first to speak in a lane.
        made_here = NEW_LANE[self._connection.dialect.name]
        key = self._connection.scalar(made_here, values)
        if key is None:
            self._lanes.pop(name, None)
            return self._known(name)
        made = Lane(id=int(key), **values)  # type: ignore[arg-type]
        self._lanes[name], self._firsts[made.id] = made, None
        return made

    def _known(self, name: str) -> Lane:
        found = self.find(name)
        assert found is not None
        return found

    def find(self, name: str) -> Lane | None:
        if name not in self._lanes:
            row = self._connection.execute(BY_NAME, {"name": name}).mappings().first()
            self._lanes[name] = lane_of(row) if row else None
        return self._lanes[name]

    def list_lanes(self, beginning: str) -> list[Lane]:
        """Return the lanes whose names start with a prefix."""
        mine = select(lanes).where(lanes.c.name.startswith(beginning, autoescape=True)).order_by(lanes.c.id)
        return [lane_of(row) for row in self._connection.execute(mine).mappings()]

    def get_lane_of(self, message_id: int) -> Lane:
        """Return the lane of an existing message."""
        mine = select(lanes).join(messages, messages.c.lane_id == lanes.c.id).where(messages.c.id == message_id)
        return lane_of(self._connection.execute(mine).mappings().one())

    def post(
        self, lane: Lane, payload: dict[str, Any], *, at: datetime, priority: MessagePriority = MessagePriority.STATUS,
        awaits: str | None = None,
    ) -> int | None:  # fmt: skip
        """Queue a message: the lane's first starts its thread, the others go into it. None when the lane is dead.

        `awaits` names a lane that the text links to; the message waits briefly for that lane's first message.
        """
        if lane.dead:
            return None
        in_thread = bool(lane.thread_ts) or self.find_first(lane) is not None
        next_at = at + LINK_WAIT if awaits else at
        return self._insert(
            lane,
            MessageKind.POST,
            payload,
            at,
            priority=priority,
            in_thread=in_thread,
            awaits=awaits,
            next_at=next_at,
        )

    def update(
        self,
        lane: Lane,
        target: int,
        payload: dict[str, Any],
        *,
        at: datetime,
        priority: MessagePriority = MessagePriority.STATUS,
    ) -> None:
        """Replace an earlier message; one that wasn't sent yet is replaced in the queue."""
        # One whose answer was lost may be in Slack already, and has to be updated there.
        never_out = and_(messages.c.id == target, ~messages.c.uncertain)
        unsent = and_(IS_WAITING, or_(never_out, messages.c.target == target))
        if self._replace(unsent, payload) or lane.dead:
            return
        self._insert(lane, MessageKind.UPDATE, payload, at, priority=priority, target=target)

    def withdraw(self, lane: Lane) -> None:
        """Withdraw the unsent messages of a lane."""
        unsent = and_(IS_WAITING, messages.c.lane_id == lane.id, ~messages.c.uncertain)
        gone = update(messages).where(unsent).values(state=MessageState.DROPPED, error="recalled")
        if self._connection.execute(gone).rowcount:
            self._firsts.pop(lane.id, None)

    def update_first(
        self, lane: Lane, payload: dict[str, Any], *, at: datetime, priority: MessagePriority = MessagePriority.STATUS
    ) -> None:
        """Replace the first message of a lane, if there is one."""
        first = self.find_first(lane)
        if first is not None:
            self.update(lane, first, payload, at=at, priority=priority)

    def publish(self, person: str, view: dict[str, Any], *, at: datetime) -> None:
        """Queue an App Home, which replaces an unsent older one."""
        self._newest(
            self.lane(lane_name(LaneKind.HOME, person), person), MessageKind.PUBLISH, view, at, MessagePriority.HOME
        )

    def set_group_members(self, group: str, people: Sequence[str], *, at: datetime) -> None:
        """Queue the members of a user group, which replace unsent older ones."""
        self._newest(
            self.lane(lane_name(LaneKind.GROUP, group), group),
            MessageKind.GROUP,
            {"users": list(people)},
            at,
            MessagePriority.STATUS,
        )

    def react(
        self, lane: Lane, name: str, *, add: bool, at: datetime, target: int | None = None, ts: str = ""
    ) -> None:  # fmt: skip
        """Queue adding or removing a reaction to a message of the lane, or to a person's message in its channel."""
        payload = {"name": name, "add": add, "ts": ts}
        if not lane.dead:
            self._insert(lane, MessageKind.REACT, payload, at, priority=MessagePriority.STATUS, target=target)

    def copy_file(self, lane: Lane, into: Lane, payload: dict[str, Any], *, at: datetime) -> None:
        """Queue a copy of a file into the thread of another lane; `lane` is of files, so that nothing waits for them.

        `payload` is {"file": id, "name": the copy's}.
        """
        self._insert(
            lane, MessageKind.FILE, payload, at, priority=MessagePriority.DIGEST, awaits=into.name,
            next_at=at if into.thread_ts else at + LINK_WAIT,
        )  # fmt: skip

    def delete_file_copies(self, lane: Lane, file_ids: Iterable[str], *, at: datetime) -> None:
        """Have the copies of files deleted that were made in a lane, and make none that weren't made yet."""
        wanted = set(file_ids)
        mine = select(messages.c.id, messages.c.state, messages.c.payload).where(
            messages.c.lane_id == lane.id, messages.c.verb == MessageKind.FILE
        )
        for row in self._connection.execute(mine).all():
            if row.payload.get("file") not in wanted:
                continue
            if row.state == MessageState.WAITING:
                gone = {"state": MessageState.DROPPED, "error": "recalled"}
                self._connection.execute(update(messages).where(messages.c.id == row.id).values(gone))
            if upload := row.payload.get("upload"):
                self._insert(lane, MessageKind.FILE, {"delete": upload}, at, priority=MessagePriority.DIGEST)

    def call_webhook(self, lane: Lane, payload: dict[str, Any], *, at: datetime) -> None:
        """Queue a webhook call; the calls of a lane are sent in order."""
        self._insert(lane, MessageKind.HOOK, payload, at, priority=MessagePriority.SYSTEM)

    def _newest(
        self, lane: Lane, verb: MessageKind, payload: dict[str, Any], at: datetime, priority: MessagePriority
    ) -> None:
        if not lane.dead and not self._replace(and_(IS_WAITING, messages.c.lane_id == lane.id), payload):
            self._insert(lane, verb, payload, at, priority=priority)

    def find_first(self, lane: Lane) -> int | None:
        """Return the lane's first message, which started its thread."""
        if lane.id not in self._firsts:
            self._firsts[lane.id] = self._connection.scalar(FIRST, {"lane": lane.id})
        return self._firsts[lane.id]

    def is_arriving(self, places: Iterable[str]) -> bool:
        """Whether a first message may stand in one of these places already, and we do not know its ts yet."""
        may_stand = or_(IS_SENDING, and_(IS_WAITING, messages.c.uncertain))
        on_its_way = and_(messages.c.lane_id == lanes.c.id, messages.c.verb == MessageKind.POST, may_stand)
        landing = and_(lanes.c.thread_ts.is_(None), lanes.c.channel.in_(list(places)), exists().where(on_its_way))
        return self._connection.scalar(select(lanes.c.id).where(landing).limit(1)) is not None

    def _replace(self, which: ColumnElement[bool], payload: dict[str, Any]) -> bool:
        return self._connection.execute(update(messages).where(which).values(payload=payload)).rowcount > 0

    def _insert(self, lane: Lane, verb: MessageKind, payload: dict[str, Any], at: datetime, **more: Any) -> int:
        values = {
            "lane_id": lane.id,
            "verb": verb,
            "payload": payload,
            "state": MessageState.WAITING,
            "uncertain": False,
            "attempts": 0,
            "in_thread": False,
            "next_at": at,
            "created_at": at,
            "bucket": f"{verb} {lane.place}",
            **more,
        }
        self.changed = True
        key = self._connection.execute(NEW, values).inserted_primary_key
        made = int(key[0])  # type: ignore[index]
        if self._firsts.get(lane.id, 0) is None:
            self._firsts[lane.id] = made
        return made


def lane_of(row: RowMapping) -> Lane:
    """A lane as it is stored; one that the release before 0002 made has no place of its own yet."""
    return Lane(**{**row, "place": row["place"] or rate_limit_place(row["channel"], row["person"])})
