"""The outbox: services queue messages in the same transaction as their data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import (
    LINK_WAIT,
    ChannelTask,
    Lane,
    MessageKind,
    MessagePriority,
    MessageState,
    rate_limit_place,
)
from storage.database.pending import BLIND, about_held, pending_of
from storage.database.pipeline import LATER
from storage.delivery.tables import IS_ARRIVING, IS_SENDING, IS_WAITING, RECALLED, UNSENT, lanes, messages

STEP_PLACE = "workflow"  # whose pace the ends of all steps share
NEW_LANE = {
    name: new(lanes).on_conflict_do_nothing(index_elements=["name"]).returning(lanes.c.id, lanes.c.name)
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}

# Built once: building these statements takes longer than running them. A pending lane is known by its name.
BY_NAME = select(lanes).where(lanes.c.name == bindparam("name")).execution_options(**{BLIND: True})
_stays = messages.c.state != MessageState.DROPPED
# The smallest id; min() would read every message of the lane.
FIRST = select(messages.c.id).where(messages.c.lane_id == bindparam("lane"), _stays).order_by(messages.c.id).limit(1)
ABOUT = select(
    lanes,
    select(messages.c.id).where(messages.c.lane_id == lanes.c.id, _stays).order_by(messages.c.id).limit(1)
    .scalar_subquery().label("first"),
    exists().where(messages.c.lane_id == lanes.c.id, UNSENT, or_(IS_WAITING, IS_SENDING))  # an index has UNSENT
    .label("has_unsent"),
).where(lanes.c.ticket_id.in_(bindparam("tickets", expanding=True)))  # fmt: skip
# SQLite makes the rows of a statement one after the other, and only their ids come back in any order.
NEW = {
    "postgresql": insert(messages).returning(messages.c.id, sort_by_parameter_order=True),
    "sqlite": insert(messages).returning(messages.c.id),
}
NEW_AT_LAST = insert(messages).inline()


@dataclass(slots=True)
class QueuedMessage:
    """A message that this transaction queues; it is written with the others, or when its id is asked for.

    Its id is to be asked for within the transaction, since messages that are written at its end need none.
    """

    _outbox: "Outbox"
    lane: Lane
    values: dict[str, Any]
    stored: int | None = field(default=None)

    @property
    def id(self) -> int:
        """Its number in the database."""
        if self.stored is None:
            self._outbox.write()
        assert self.stored is not None
        return self.stored


class Outbox:
    """The messages that a transaction queues. Those of a ticket that was read as a whole need no more questions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.changed = False  # whether the dispatchers have new work
        self.has_pages = False  # whether some of it pages people
        # What this transaction has seen of its lanes, so that it does not ask for the same thing again.
        self._lanes: dict[str, Lane | None] = {}
        self._firsts: dict[int, QueuedMessage | int | None] = {}
        self._sent: set[int] = set()  # lanes in which no message waits, or is being sent, that was written
        self._about: dict[int, bool] = {}  # tickets of which every lane is known
        self._new_lanes: dict[int, Lane] = {}
        self._numbers: dict[int, int] = {}  # the ids of lanes that were written here, by the ones they had before
        self._pending: list[QueuedMessage] = []

    def lane(
        self, name: str, channel: str, *, thread_ts: str | None = None, person: str | None = None,
        ticket_id: int | None = None, new: bool = False,
    ) -> Lane:  # fmt: skip
        """Return the lane of that name, created if needed; an existing one keeps its place.

        `new` when there can be none, which spares the question.
        """
        known = self._lanes.get(name) if new else self.find(name, ticket_id)
        if known:
            return known
        made = Lane(id=-len(self._new_lanes) - len(self._numbers) - 1, name=name, channel=channel,
                    place=rate_limit_place(channel, person), thread_ts=thread_ts, person=person,
                    ticket_id=ticket_id)  # fmt: skip
        if not (new or ticket_id in self._about) or pending_of(self._connection) is None:
            # Two transactions about different tickets may both be the first to speak in a lane.
            return self._insert_lane(made)
        self._lanes[name], self._firsts[made.id], self._new_lanes[made.id] = made, None, made
        self._sent.add(made.id)
        self._write_later()
        return made

    def _insert_lane(self, made: Lane) -> Lane:
        """Insert a lane at once; return the one that another transaction was faster to make."""
        rows = self._connection.execute(NEW_LANE[self._connection.dialect.name], _lane_row(made)).all()
        if not rows:
            self._lanes.pop(made.name, None)
            found = self.find(made.name)
            assert found is not None
            return found
        made = replace(made, id=int(rows[0].id))
        self._lanes[made.name], self._firsts[made.id] = made, None
        self._sent.add(made.id)
        return made

    def _knows_lanes_of(self, ticket_id: int) -> bool:
        """Whether all lanes are known that are about a ticket; those of tickets that this transaction holds are."""
        return about_held(self._connection, ticket_id, self._about, lambda: True, self._read_lanes) is not None

    def _read_lanes(self, ticket_ids: Sequence[int]) -> None:
        """Read every lane of these tickets in one statement, and what is in it."""
        for row in self._connection.execute(ABOUT, {"tickets": list(ticket_ids)}).mappings():
            lane = lane_of({name: value for name, value in row.items() if name not in ("first", "has_unsent")})
            self._lanes[lane.name], self._firsts[lane.id] = lane, row["first"]
            if not row["has_unsent"]:
                self._sent.add(lane.id)

    def write(self) -> None:
        """Write pending lanes and messages, those of one kind with one statement."""
        new_lanes, pending = [*self._new_lanes.values()], self._pending
        self._new_lanes, self._pending = {}, []
        if new_lanes:
            rows = self._connection.execute(
                NEW_LANE[self._connection.dialect.name], [_lane_row(lane) for lane in new_lanes]
            )
            made = {row.name: int(row.id) for row in rows}
            for lane in new_lanes:
                self._became(lane, made.get(lane.name) or self._number_of(lane.name))
        state, values = pending_of(self._connection), [self._row(one) for one in pending]
        if pending and state and state.is_last:
            self._connection.execute(NEW_AT_LAST, values, execution_options={LATER: None})
        elif pending:
            numbers = self._connection.scalars(NEW[self._connection.dialect.name], values)
            for one, number in zip(pending, sorted(numbers), strict=True):
                one.stored = number
                self._sent.discard(self._number(one.lane))

    def _number_of(self, name: str) -> int:
        """Return the number of a lane that was there after all, such as of a ticket that had the same id."""
        return int(self._connection.execute(BY_NAME, {"name": name}).one().id)

    def _became(self, lane: Lane, number: int) -> None:
        """Know a pending lane by its number in the database."""
        self._numbers[lane.id] = number
        self._lanes[lane.name] = replace(lane, id=number)
        self._firsts[number] = self._firsts.pop(lane.id)
        if lane.id in self._sent:
            self._sent.add(number)

    def _row(self, message: QueuedMessage) -> dict[str, Any]:
        values = message.values
        buttons = _buttons_in(values["payload"]) if values["verb"] is MessageKind.POST else None
        return {"lane_id": self._number(message.lane), **values, "buttons": buttons}

    def _number(self, lane: Lane) -> int:
        """Return the number by which a lane is known by now."""
        return self._numbers.get(lane.id, lane.id)

    def _stored(self, lane: Lane) -> int:
        """Return the number of a lane in the database."""
        if self._number(lane) < 0:
            self.write()
        return self._number(lane)

    def _write_later(self) -> None:
        pending = pending_of(self._connection)
        if pending is None:
            self.write()
        else:
            pending.later(self.write, lanes, messages)

    def find(self, name: str, ticket_id: int | None = None) -> Lane | None:
        """Return the lane of that name; None if there is none. `ticket_id` is the ticket that it is about."""
        if name not in self._lanes:
            if ticket_id is not None and self._knows_lanes_of(ticket_id):
                return self._lanes.get(name)
            row = self._connection.execute(BY_NAME, {"name": name}).mappings().first()
            self._lanes[name] = lane_of({**row}) if row else None
        return self._lanes[name]

    def find_all(self, names: Sequence[str]) -> dict[str, Lane]:
        """Return those of the lanes that there are, by name."""
        if not names:
            return {}
        rows = self._connection.execute(select(lanes).where(lanes.c.name.in_(names))).mappings()
        return {row["name"]: lane_of({**row}) for row in rows}

    def find_about(self, kind: LaneKind, channel: str, thread_ts: str) -> int | None:
        """Return the number of what a thread is about, if its lane is of that kind and has one number."""
        here = select(lanes.c.name).where(lanes.c.channel == channel, lanes.c.thread_ts == thread_ts)
        mine = here.where(lanes.c.name.startswith(f"{kind.value}:", autoescape=True)).limit(1)
        about = str(self._connection.scalar(mine) or "").partition(":")[2]
        return int(about) if about.isdecimal() else None

    def find_thread(self, kinds: Sequence[LaneKind], channel: str, thread_ts: str) -> Lane | None:
        """Return the lane of one of these kinds whose messages are a thread."""
        here = select(lanes).where(lanes.c.channel == channel, lanes.c.thread_ts == thread_ts)
        named = or_(*(lanes.c.name.startswith(f"{kind.value}:", autoescape=True) for kind in kinds))
        row = self._connection.execute(here.where(named).limit(1)).mappings().first()
        return lane_of({**row}) if row else None

    def list_lanes(self, beginning: str) -> list[Lane]:
        """Return the lanes whose names start with a prefix."""
        mine = select(lanes).where(lanes.c.name.startswith(beginning, autoescape=True)).order_by(lanes.c.id)
        return [lane_of({**row}) for row in self._connection.execute(mine).mappings()]

    def list_threads(self, ticket_ids: Sequence[int], kinds: Sequence[LaneKind]) -> list[tuple[str, str]]:
        """Return the channel and the first message of the lanes of tickets of those kinds, in the tickets' order."""
        names = [lane_name(kind, ticket_id) for ticket_id in ticket_ids for kind in kinds]
        found = self.find_all(names)
        there = (found[name] for name in names if name in found)
        return [(lane.channel, lane.thread_ts) for lane in there if lane.thread_ts and not lane.dead]

    def get_lane_of(self, message_id: int) -> Lane:
        """Return the lane of an existing message."""
        mine = select(lanes).join(messages, messages.c.lane_id == lanes.c.id).where(messages.c.id == message_id)
        return lane_of({**self._connection.execute(mine).mappings().one()})

    def post(
        self, lane: Lane, payload: dict[str, Any], *, at: datetime, priority: MessagePriority = MessagePriority.STATUS,
        awaits: str | None = None,
    ) -> QueuedMessage | None:  # fmt: skip
        """Queue a message: the lane's first starts its thread, the others go into it. None when the lane is dead.

        `awaits` names a lane that the text links to; the message waits briefly for that lane's first message.
        """
        if lane.dead:
            return None
        in_thread = bool(lane.thread_ts) or self.has_messages(lane)
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
        for one in self._pending_in(lane):
            if one.values["target"] == target and one.values["verb"] is MessageKind.UPDATE:
                one.values["payload"] = payload
                return
        if self._number(lane) not in self._sent:
            # One whose answer was lost may be in Slack already, and has to be updated there.
            never_out = and_(messages.c.id == target, ~messages.c.uncertain)
            if self._replace(and_(IS_WAITING, or_(never_out, _changes(target))), payload):
                return
        if lane.dead:
            return
        self._insert(lane, MessageKind.UPDATE, payload, at, priority=priority, target=target)

    def withdraw(self, lane: Lane) -> None:
        """Withdraw the unsent messages of a lane; one that is being sent isn't tried again if that fails."""
        if self._pending_in(lane):
            self.write()
        number = self._stored(lane)
        if number in self._sent:
            return
        mine = and_(messages.c.lane_id == number, ~messages.c.uncertain)
        gone = update(messages).where(IS_WAITING, mine).values(state=MessageState.DROPPED, error=RECALLED)
        if self._connection.execute(gone).rowcount:
            self._firsts.pop(number, None)
        # One whose result is being recorded at this moment is left alone: waiting for it could be a deadlock.
        sending = select(messages.c.id).where(IS_SENDING, mine).with_for_update(skip_locked=True)
        self._connection.execute(update(messages).where(messages.c.id.in_(sending)).values(error=RECALLED))

    def update_first(
        self, lane: Lane, payload: dict[str, Any], *, at: datetime, priority: MessagePriority = MessagePriority.STATUS
    ) -> None:
        """Replace the first message of a lane, if there is one."""
        first = self._find_first(lane)
        if isinstance(first, QueuedMessage) and first.stored is None:
            first.values["payload"] = payload
        elif first is not None:
            self.update(lane, first.id if isinstance(first, QueuedMessage) else first, payload, at=at,
                        priority=priority)  # fmt: skip

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

    def change_channel(
        self, lane: Lane, change: ChannelTask, *, at: datetime, target: int | None = None, **details: Any
    ) -> None:  # fmt: skip
        """Queue a change of the lane's channel; a new topic replaces one that was not set yet."""
        payload = {"do": change.value, **details}
        if lane.dead:
            return
        if change is ChannelTask.TOPIC:
            for one in self._pending_in(lane):
                if one.values["payload"].get("do") == change:
                    one.values["payload"] = payload
                    return
        self._insert(lane, MessageKind.CHANNEL, payload, at, priority=MessagePriority.STATUS, target=target)

    def copy_file(self, lane: Lane, into: Lane, payload: dict[str, Any], *, at: datetime) -> None:
        """Queue a copy of a file into the thread of another lane; `lane` is of files, so that nothing waits for them.

        `payload` is {"file": id, "name": the copy's}, or {"content": text, "name": …} of a file that we wrote.
        """
        self._insert(
            lane, MessageKind.FILE, payload, at, priority=MessagePriority.DIGEST, awaits=into.name,
            next_at=at if into.thread_ts else at + LINK_WAIT,
        )  # fmt: skip

    def delete_file_copies(self, lane: Lane, file_ids: Iterable[str], *, at: datetime) -> None:
        """Have the copies of files deleted that were made in a lane, and make none that weren't made yet."""
        wanted = set(file_ids)
        mine = select(messages.c.id, messages.c.state, messages.c.payload).where(
            messages.c.lane_id == self._stored(lane), messages.c.verb == MessageKind.FILE
        )
        for row in self._connection.execute(mine).all():
            if row.payload.get("file") not in wanted:
                continue
            if row.state == MessageState.WAITING:
                gone = {"state": MessageState.DROPPED, "error": RECALLED}
                self._connection.execute(update(messages).where(messages.c.id == row.id).values(gone))
            if upload := row.payload.get("upload"):
                self._insert(lane, MessageKind.FILE, {"delete": upload}, at, priority=MessagePriority.DIGEST)

    def end_step(
        self, execution: str, *, at: datetime, outputs: Mapping[str, str] | None = None, error: str = ""
    ) -> None:  # fmt: skip
        """Queue the end of one run of a step of a workflow: its outputs, or what went wrong."""
        lane = self.lane(lane_name(LaneKind.STEP, execution), STEP_PLACE)
        ends = {"error": error} if outputs is None else {"outputs": {**outputs}}
        payload = {"function_execution_id": execution, **ends}
        self._insert(lane, MessageKind.STEP, payload, at, priority=MessagePriority.ACKNOWLEDGEMENT)

    def call_webhook(self, lane: Lane, payload: dict[str, Any], *, at: datetime) -> None:
        """Queue a webhook call; the calls of a lane are sent in order."""
        self._insert(lane, MessageKind.HOOK, payload, at, priority=MessagePriority.SYSTEM)

    def call_program(self, lane: Lane, payload: dict[str, Any], *, at: datetime) -> None:
        """Queue an event of a ticket for a program; those of a lane are sent in order, and no page waits for them."""
        if not lane.dead:
            self._insert(lane, MessageKind.HOOK, payload, at, priority=MessagePriority.DIGEST)

    def call_tracker(self, lane: Lane, payload: dict[str, Any], *, at: datetime) -> None:
        """Queue a call to a tracker; the calls of a lane are made in order, and no page waits for them."""
        self._insert(lane, MessageKind.HOOK, payload, at, priority=MessagePriority.DIGEST)

    def call_tracker_once(self, lane: Lane, payload: dict[str, Any], *, at: datetime) -> None:
        """Queue a call to a tracker that replaces an unsent one, since each of them does the same."""
        self._newest(lane, MessageKind.HOOK, payload, at, MessagePriority.DIGEST)

    def _newest(
        self, lane: Lane, verb: MessageKind, payload: dict[str, Any], at: datetime, priority: MessagePriority
    ) -> None:
        if lane.dead:
            return
        if pending := self._pending_in(lane):
            for one in pending:
                one.values["payload"] = payload
            return
        number = self._stored(lane)
        if number in self._sent or not self._replace(and_(IS_WAITING, messages.c.lane_id == number), payload):
            self._insert(lane, verb, payload, at, priority=priority)

    def find_first(self, lane: Lane) -> int | None:
        """Return the lane's first message, which started its thread."""
        first = self._find_first(lane)
        return first.id if isinstance(first, QueuedMessage) else first

    def has_messages(self, lane: Lane) -> bool:
        """Whether the lane has a first message, sent or not."""
        return self._find_first(lane) is not None

    def _find_first(self, lane: Lane) -> QueuedMessage | int | None:
        number = self._number(lane)
        if number not in self._firsts:
            self._firsts[number] = self._connection.scalar(FIRST, {"lane": number})
        return self._firsts[number]

    def is_arriving(self, places: Iterable[str]) -> bool:
        """Whether a first message may stand in one of these places already, and we do not know its ts yet."""
        landing = and_(lanes.c.channel.in_(list(places)), IS_ARRIVING)
        return self._connection.scalar(select(lanes.c.id).where(landing).limit(1)) is not None

    def _pending_in(self, lane: Lane) -> list[QueuedMessage]:
        number = self._number(lane)
        return [one for one in self._pending if self._number(one.lane) == number]

    def _replace(self, which: ColumnElement[bool], payload: dict[str, Any]) -> bool:
        """Give written messages another payload, none of them pending; return whether there are any."""
        changed = update(messages).where(which).values(payload=payload, buttons=_buttons_in(payload))
        changed = changed.execution_options(**{BLIND: True})
        return self._connection.execute(changed).rowcount > 0

    def _insert(
        self, lane: Lane, verb: MessageKind, payload: dict[str, Any], at: datetime, **more: Any
    ) -> QueuedMessage:  # fmt: skip
        values = {
            "verb": verb,
            "payload": payload,
            "state": MessageState.WAITING,
            "uncertain": False,
            "attempts": 0,
            "in_thread": False,
            "next_at": at,
            "created_at": at,
            "bucket": f"{verb} {lane.place}",
            "target": None,
            "awaits": None,
            **more,
        }
        self.changed = True
        self.has_pages = self.has_pages or more["priority"] is MessagePriority.PAGE
        made, number = QueuedMessage(self, lane, values), self._number(lane)
        self._pending.append(made)
        if self._firsts.get(number, 0) is None:
            self._firsts[number] = made
        self._write_later()
        return made


def _buttons_in(payload: Mapping[str, Any]) -> str | None:
    """Return the actions of the buttons of a message, each between spaces; None without any."""
    rows = (block["elements"] for block in payload.get("blocks") or () if block["type"] == "actions")
    found = dict.fromkeys(str(one.get("action_id") or "").partition(":")[0] for row in rows for one in row)
    return f" {' '.join(found)} " if found else None


def _changes(target: int) -> ColumnElement[bool]:
    """A change of that message: reactions and pins have a target too, and another payload."""
    return and_(messages.c.target == target, messages.c.verb == MessageKind.UPDATE)


def _lane_row(lane: Lane) -> dict[str, Any]:
    return {"name": lane.name, "channel": lane.channel, "place": lane.place, "thread_ts": lane.thread_ts,
            "person": lane.person, "ticket_id": lane.ticket_id}  # fmt: skip


def lane_of(row: Mapping[str, Any]) -> Lane:
    """A lane as it is stored; one that the release before 0002 made has no place of its own yet."""
    return Lane(**{**row, "place": row["place"] or rate_limit_place(row["channel"], row["person"])})
