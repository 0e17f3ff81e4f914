"""What a person holds, and letting go of it when their account is deactivated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, String, cast, delete, or_, select, update

from domain.actions.action_item import ActionState
from domain.address import is_person
from domain.conversations.following import FollowLevel
from domain.decisions.decision import DecisionState
from domain.followup.promises import PromiseState
from domain.sessions.session import SessionState
from domain.tickets.status import OPEN_STATUSES
from storage.actions.tables import actions
from storage.conversations.tables import followers
from storage.decisions.tables import decisions
from storage.followup.tables import promises, reminders
from storage.home.tables import home_viewers
from storage.oncall.tables import shift_overrides
from storage.phases.tables import links
from storage.pulse.tables import invitations
from storage.sessions.tables import sessions
from storage.tickets.tables import tickets
from storage.warroom.tables import war_rooms

_IS_ACTION_OPEN = actions.c.state == ActionState.OPEN.value
_IS_DECISION_OPEN = decisions.c.state == DecisionState.OPEN.value
_IS_PROMISE_OPEN = promises.c.state == PromiseState.OPEN.value
OPEN = tuple(status.value for status in OPEN_STATUSES)


@dataclass(frozen=True, slots=True)
class Thing:
    """What a person holds in a phase, by its name."""

    phase_id: int
    name: str


class Departures:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_holders(self) -> set[str]:
        """Return everyone who owns an open ticket or action, has made a promise that is open, or has a link."""
        held = (
            select(tickets.c.owner).where(tickets.c.status.in_(OPEN), tickets.c.owner.is_not(None)),
            select(actions.c.owner).where(_IS_ACTION_OPEN, actions.c.owner.is_not(None)),
            select(promises.c.maker).where(_IS_PROMISE_OPEN),
            select(links.c.person),
        )
        return {str(one) for query in held for one in self._connection.scalars(query.distinct()) if is_person(str(one))}

    def list_owned(self, person: str) -> Sequence[int]:
        """Return the open tickets a person owns."""
        mine = select(tickets.c.id).where(tickets.c.owner == person, tickets.c.status.in_(OPEN)).order_by(tickets.c.id)
        return list(self._connection.scalars(mine))

    def list_actions(self, person: str) -> Sequence[Thing]:
        """Return the open actions a person owns."""
        mine = select(actions.c.phase_id, actions.c.id).where(actions.c.owner == person, _IS_ACTION_OPEN)
        return self._things(mine.order_by(actions.c.id), "A{}")

    def list_decisions(self, person: str) -> Sequence[Thing]:
        """Return the open decisions that wait for a person."""
        is_asked = cast(decisions.c.asked, String).contains(f'"{person}"', autoescape=True)
        mine = select(decisions.c.phase_id, decisions.c.id).where(_IS_DECISION_OPEN, is_asked)
        return self._things(mine.order_by(decisions.c.id), "D{}")

    def list_sessions(self, person: str, now: datetime) -> Sequence[Thing]:
        """Return the planned sessions that a person hosts and that are still to come."""
        coming = (sessions.c.state == SessionState.PLANNED.value, sessions.c.starts > now)
        mine = select(sessions.c.phase_id, sessions.c.id).where(sessions.c.host == person, *coming)
        return self._things(mine.order_by(sessions.c.id), "S{}")

    def list_war_rooms(self, person: str) -> Sequence[int]:
        """Return the tickets in whose open war rooms a person has a role."""
        roles = (war_rooms.c.lead, war_rooms.c.communications, war_rooms.c.scribe)
        mine = select(war_rooms.c.ticket_id).where(
            war_rooms.c.closed_at.is_(None), or_(*(one == person for one in roles))
        )
        return sorted({*self._connection.scalars(mine)})

    def list_promised(self, person: str) -> Sequence[int]:
        """Return the tickets with an open promise that a person made."""
        made = select(promises.c.ticket_id).where(promises.c.maker == person, _IS_PROMISE_OPEN).distinct()
        return sorted(self._connection.scalars(made))

    def _things(self, query: Select[Any], name: str) -> Sequence[Thing]:
        return [Thing(phase_id, name.format(one)) for phase_id, one in self._connection.execute(query)]

    def release(self, person: str, now: datetime) -> int:
        """Delete what only the person uses, and take back the shifts they agreed to; return the changed rows."""
        shifts = delete(shift_overrides).where(
            shift_overrides.c.person == person, shift_overrides.c.ends > now, ~shift_overrides.c.imported
        )
        asked = update(invitations).where(invitations.c.person == person, invitations.c.next_at.is_not(None))
        muted = update(followers).where(followers.c.person == person, followers.c.wants != FollowLevel.NOTHING)
        doing = update(actions).where(actions.c.owner == person, _IS_ACTION_OPEN).values(owner=None)
        mine = [delete(table).where(table.c.person == person) for table in (reminders, links, home_viewers)]
        quiet = muted.values(wants=FollowLevel.NOTHING.value, at=now)
        statements = (*mine, doing, shifts, asked.values(next_at=None), quiet)
        return sum(self._connection.execute(one).rowcount for one in statements)

    def delete_stand_ins(self, pair: str) -> int:
        """Delete the overrides that keep a person off call; return how many."""
        return self._connection.execute(delete(shift_overrides).where(shift_overrides.c.pair == pair)).rowcount
