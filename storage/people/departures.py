"""What a person holds, and letting go of it when their account is deactivated."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from domain.actions.action_item import ActionState
from domain.conversations.following import FollowLevel
from domain.tickets.status import OPEN_STATUSES
from storage.actions.tables import actions
from storage.conversations.tables import followers
from storage.followup.tables import promises, reminders
from storage.home.tables import home_viewers
from storage.oncall.tables import shift_overrides
from storage.phases.tables import links
from storage.pulse.tables import invitations
from storage.tickets.tables import tickets

_IS_ACTION_OPEN = actions.c.state == ActionState.OPEN.value
OPEN = tuple(status.value for status in OPEN_STATUSES)


class Departures:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_owners(self) -> set[str]:
        """Return everyone who owns an open ticket or action."""
        owners = select(tickets.c.owner).where(tickets.c.status.in_(OPEN), tickets.c.owner.is_not(None)).distinct()
        doing = select(actions.c.owner).where(_IS_ACTION_OPEN, actions.c.owner.is_not(None)).distinct()
        return {str(one) for query in (owners, doing) for one in self._connection.scalars(query)}

    def list_owned(self, person: str) -> Sequence[int]:
        """Return the open tickets a person owns."""
        mine = select(tickets.c.id).where(tickets.c.owner == person, tickets.c.status.in_(OPEN)).order_by(tickets.c.id)
        return list(self._connection.scalars(mine))

    def list_actions(self, person: str) -> Sequence[tuple[int, int]]:
        """Return (phase, id) of the open actions a person owns."""
        mine = select(actions.c.phase_id, actions.c.id).where(actions.c.owner == person, _IS_ACTION_OPEN)
        return [(row.phase_id, row.id) for row in self._connection.execute(mine.order_by(actions.c.id))]

    def list_promised(self, person: str) -> Sequence[int]:
        """Return the tickets with an open promise that a person made."""
        made = select(promises.c.ticket_id).where(promises.c.maker == person, promises.c.state == "open").distinct()
        return sorted(self._connection.scalars(made))

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
