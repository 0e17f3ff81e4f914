"""Which letter may leave next: the statements of the loop that never rests, and a row read as a letter."""

from typing import Any

from sqlalchemy import Select, and_, bindparam, case, exists, func, literal_column, select, update

from domain.delivery.message import Lane, Letter, Priority, State, Verb, place_of
from storage.operations.tables import IS_WAITING, buckets, lanes, letters

_earlier = letters.alias("earlier")
# A lane is one conversation. Its letters leave in order, so only the head may go.
IS_HEAD = ~exists().where(
    and_(
        _earlier.c.lane_id == letters.c.lane_id,
        _earlier.c.id < letters.c.id,
        _earlier.c.state.in_([literal_column("'waiting'"), literal_column("'sending'")]),
    )
)
_held = select(buckets.c.key).where(buckets.c.free_at > bindparam("now"))
MAY_LEAVE = and_(
    IS_WAITING,
    letters.c.next_at <= bindparam("now"),
    letters.c.priority <= bindparam("least"),
    letters.c.bucket.not_in(_held),
    letters.c.verb.not_in(_held),
    IS_HEAD,
)
LEAST = 1000  # no letter matters less


def _whole() -> Select[Any]:
    """Letters with their lane, the message they replace, and the lane they link to."""
    target, linked = letters.alias("target"), lanes.alias("linked")
    joined = letters.join(lanes, lanes.c.id == letters.c.lane_id)
    joined = joined.outerjoin(target, target.c.id == letters.c.target)
    joined = joined.outerjoin(linked, linked.c.name == letters.c.awaits)
    columns = [*letters.c, lanes.c.name, lanes.c.channel.label("lane_channel"), lanes.c.place, lanes.c.thread_ts,
               lanes.c.person, lanes.c.ticket_id, target.c.ts.label("target_ts"),
               target.c.channel.label("target_channel"), linked.c.id.label("linked_id"),
               linked.c.name.label("linked_name"), linked.c.channel.label("linked_channel"),
               linked.c.thread_ts.label("linked_ts")]  # fmt: skip
    return select(*columns).select_from(joined)


# The statements of the loop that never rests, built once: building them costs more than running them.
DUE = _whole().where(MAY_LEAVE).limit(bindparam("room"))
BY_RANK = DUE.order_by(letters.c.priority, letters.c.id)
BY_AGE = DUE.order_by(letters.c.priority > Priority.PAGE, letters.c.id)
MARK_SENDING = (
    update(letters)
    .where(letters.c.id.in_(bindparam("ids", expanding=True)), IS_WAITING)
    .values(state=State.SENDING, attempts=letters.c.attempts + 1, holder=bindparam("me"),
            tried_at=func.coalesce(letters.c.tried_at, bindparam("now")))
)  # fmt: skip
# When the next letter may leave: its own time, or the moment its bucket has a token again.
_own, _method = buckets.alias("own"), buckets.alias("method")
_latest = case((_own.c.free_at > letters.c.next_at, _own.c.free_at), else_=letters.c.next_at)
NEXT_DUE = (
    select(func.min(case((_method.c.free_at > _latest, _method.c.free_at), else_=_latest)))
    .select_from(
        letters.outerjoin(_own, _own.c.key == letters.c.bucket).outerjoin(_method, _method.c.key == letters.c.verb)
    )
    .where(IS_WAITING, IS_HEAD)
)


def letter_of(row: Any) -> Letter:
    place = row["place"] or place_of(row["lane_channel"], row["person"])
    lane = Lane(id=row["lane_id"], name=row["name"], channel=row["target_channel"] or row["lane_channel"], place=place,
                thread_ts=row["thread_ts"], person=row["person"], ticket_id=row["ticket_id"])  # fmt: skip
    awaits = None
    if row["linked_id"]:
        awaits = Lane(id=row["linked_id"], name=row["linked_name"], channel=row["linked_channel"],
                      thread_ts=row["linked_ts"])  # fmt: skip
    return Letter(
        id=row["id"], lane=lane, verb=Verb(row["verb"]), payload=row["payload"], priority=row["priority"],
        created_at=row["created_at"], tried_at=row["tried_at"], in_thread=row["in_thread"],
        attempts=row["attempts"] + 1, uncertain=row["uncertain"], target=row["target"], target_ts=row["target_ts"],
        awaits=awaits,
    )  # fmt: skip
