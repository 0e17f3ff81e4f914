"""Messages in Slack whose buttons offer an action, so that they can lose these when it is no longer possible."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, or_, select

from domain.delivery.lanes import LaneKind
from domain.delivery.message import Lane, MessageKind, MessageState
from storage.database.pending import BLIND, about_held
from storage.delivery.outbox import lane_of
from storage.delivery.tables import lanes, messages
from storage.tickets.tables import tickets


@dataclass(frozen=True, slots=True)
class OfferMessage:
    """A message as it stands in its lane by now. `id` is that of its post, which an update has as its target."""

    id: int
    lane: Lane
    payload: dict[str, Any]


_newer, _there = messages.alias("newer"), lanes.alias("there")
NEWEST = (
    select(_newer.c.payload)
    .where(_newer.c.target == messages.c.id, _newer.c.verb == MessageKind.UPDATE)
    .order_by(_newer.c.id.desc()).limit(1).scalar_subquery()
)  # fmt: skip
POSTS = (
    select(lanes, messages.c.id.label("message"), messages.c.payload, NEWEST.label("newest"))
    .join_from(messages, lanes)
    .where(
        messages.c.verb == MessageKind.POST, messages.c.buttons.is_not(None), lanes.c.dead.is_(None),
        messages.c.state.not_in([MessageState.DEAD, MessageState.DROPPED]),
    )
    .order_by(messages.c.id)
    .execution_options(**{BLIND: True})
)  # fmt: skip


class Offers:
    """What is asked here is about earlier transactions: a message that was queued in this one is up to date."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._about: dict[int, list[OfferMessage]] = {}

    def list_about(self, ticket_id: int, actions: Collection[str]) -> Sequence[OfferMessage]:
        """Return the messages about a held ticket that offer one of the actions, but for its card.

        Those to reporters of tickets that were merged into it are among them.
        """
        found = about_held(
            self._connection, ticket_id, self._about, list, lambda wanted: self._read_about(wanted, tuple(actions))
        )
        if found is None:  # read without being held
            found = self._about[ticket_id] = []
            self._read_about([ticket_id], tuple(actions))
        return found

    def list_in(self, lane: str, actions: Collection[str]) -> Sequence[OfferMessage]:
        """Return the messages that offer one of the actions, in the lane of that name and in those below it."""
        below = _there.c.name.startswith(f"{lane}:", autoescape=True)
        if self._connection.dialect.name == "sqlite":  # whose LIKE reads every lane; ";" follows ":"
            below = and_(_there.c.name > f"{lane}:", _there.c.name < f"{lane};")
        here = select(_there.c.id).where(or_(_there.c.name == lane, below))
        mine = POSTS.where(messages.c.lane_id.in_(here), _offers(actions))
        return [_read({**row}) for row in self._connection.execute(mine).mappings()]

    def _read_about(self, wanted: Sequence[int], actions: tuple[str, ...]) -> None:
        for row in self._connection.execute(_about_tickets(actions), {"wanted": list(wanted)}).mappings():
            for ticket_id in {row["ticket_id"], row["primary_id"]} & self._about.keys():
                self._about[ticket_id].append(_read({**row}))


@cache
def _about_tickets(actions: tuple[str, ...]) -> Select[Any]:
    of, wanted = tickets.c.id == lanes.c.ticket_id, bindparam("wanted", expanding=True, type_=BigInteger)
    is_card = and_(lanes.c.name.startswith(f"{LaneKind.TEAM.value}:"), ~messages.c.in_thread)
    here = or_(tickets.c.id.in_(wanted), tickets.c.primary_id.in_(wanted))
    return POSTS.add_columns(tickets.c.primary_id).join(tickets, of).where(here, ~is_card, _offers(actions))


def _offers(actions: Collection[str]) -> Any:
    return or_(*(messages.c.buttons.contains(f" {action} ", autoescape=True) for action in sorted(actions)))


def _read(row: Mapping[str, Any]) -> OfferMessage:
    lane = lane_of({column.name: row[column.name] for column in lanes.c})
    return OfferMessage(row["message"], lane, row["newest"] or row["payload"])
