"""The statements that find the next messages to send, and the conversion of a row to a message."""

from typing import Any

from sqlalchemy import Select, and_, bindparam, case, exists, func, literal_column, select, update

from domain.delivery.message import Lane, MessageKind, MessagePriority, MessageState, OutboxMessage, rate_limit_place
from storage.delivery.tables import IS_WAITING, lanes, messages, rate_limits

_earlier = messages.alias("earlier")
# A lane is one conversation; its messages are sent in order, so only its head can be sent.
IS_HEAD = ~exists().where(
    and_(
        _earlier.c.lane_id == messages.c.lane_id,
        _earlier.c.id < messages.c.id,
        _earlier.c.state.in_([literal_column("'waiting'"), literal_column("'sending'")]),
    )
)
_held = select(rate_limits.c.key).where(rate_limits.c.free_at > bindparam("now"))
MAY_LEAVE = and_(
    IS_WAITING,
    messages.c.next_at <= bindparam("now"),
    messages.c.priority <= bindparam("least"),
    messages.c.bucket.not_in(_held),
    messages.c.verb.not_in(_held),
    IS_HEAD,
)
LEAST = 1000  # the lowest priority


def _whole() -> Select[Any]:
    """Select messages with their lane, the message they replace and the lane they link to."""
    target, linked = messages.alias("target"), lanes.alias("linked")
    joined = messages.join(lanes, lanes.c.id == messages.c.lane_id)
    joined = joined.outerjoin(target, target.c.id == messages.c.target)
    joined = joined.outerjoin(linked, linked.c.name == messages.c.awaits)
    columns = [*messages.c, lanes.c.name, lanes.c.channel.label("lane_channel"), lanes.c.place, lanes.c.thread_ts,
               lanes.c.person, lanes.c.ticket_id, target.c.ts.label("target_ts"),
               target.c.channel.label("target_channel"), linked.c.id.label("linked_id"),
               linked.c.name.label("linked_name"), linked.c.channel.label("linked_channel"),
               linked.c.thread_ts.label("linked_ts")]  # fmt: skip
    return select(*columns).select_from(joined)


# Built once: building these statements costs more than running them.
DUE = _whole().where(MAY_LEAVE).limit(bindparam("limit"))
BY_RANK = DUE.order_by(messages.c.priority, messages.c.id)
BY_AGE = DUE.order_by(messages.c.priority > MessagePriority.PAGE, messages.c.id)
MARK_SENDING = (
    update(messages)
    .where(messages.c.id.in_(bindparam("ids", expanding=True)), IS_WAITING)
    .values(state=MessageState.SENDING, attempts=messages.c.attempts + 1, holder=bindparam("me"),
            tried_at=func.coalesce(messages.c.tried_at, bindparam("now")))
)  # fmt: skip
# When the next message is due: its own time, or when its bucket has a token again.
_own, _method = rate_limits.alias("own"), rate_limits.alias("method")
_latest = case((_own.c.free_at > messages.c.next_at, _own.c.free_at), else_=messages.c.next_at)
NEXT_DUE = (
    select(func.min(case((_method.c.free_at > _latest, _method.c.free_at), else_=_latest)))
    .select_from(
        messages.outerjoin(_own, _own.c.key == messages.c.bucket).outerjoin(_method, _method.c.key == messages.c.verb)
    )
    .where(IS_WAITING, IS_HEAD)
)


def message_of(row: Any) -> OutboxMessage:
    place = row["place"] or rate_limit_place(row["lane_channel"], row["person"])
    lane = Lane(id=row["lane_id"], name=row["name"], channel=row["target_channel"] or row["lane_channel"], place=place,
                thread_ts=row["thread_ts"], person=row["person"], ticket_id=row["ticket_id"])  # fmt: skip
    awaits = None
    if row["linked_id"]:
        awaits = Lane(id=row["linked_id"], name=row["linked_name"], channel=row["linked_channel"],
                      thread_ts=row["linked_ts"])  # fmt: skip
    return OutboxMessage(
        id=row["id"], lane=lane, verb=MessageKind(row["verb"]), payload=row["payload"], priority=row["priority"],
        created_at=row["created_at"], tried_at=row["tried_at"], in_thread=row["in_thread"],
        attempts=row["attempts"] + 1, uncertain=row["uncertain"], target=row["target"], target_ts=row["target_ts"],
        awaits=awaits,
    )  # fmt: skip
