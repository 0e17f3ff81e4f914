"""Repository of phases, their user groups and their ticket numbers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from domain.phases.phase import NOT_SET_UP, Phase
from storage.phases.tables import moved_channels, phases, user_groups

LISTS = ("intake_channels", "leads", "responders")
COLUMNS = frozenset(phases.c.keys())
OPTIONS = frozenset(Phase.model_fields) - COLUMNS - frozenset(NOT_SET_UP)  # kept together, since no query asks
# Statements that run often are built once: building one takes longer than running it.
ALL_PHASES = select(phases).order_by(phases.c.id)
PHASE_BY_ID = select(phases).where(phases.c.id == bindparam("id"))
PHASE_BY_KEY = select(phases).where(phases.c.key == bindparam("key"))
NEXT_NUMBER = (
    update(phases).where(phases.c.id == bindparam("which")).values(last_number=phases.c.last_number + 1)
    .returning(phases.c.last_number)
)  # fmt: skip


class Phases:
    """Phases, each with the members of the user groups in its settings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_phases(self) -> list[Phase]:
        """Return all phases, oldest first."""
        rows = self._connection.execute(ALL_PHASES).mappings()
        return self._with_members([_phase(dict(row)) for row in rows])

    def get(self, phase_id: int) -> Phase:
        """Return the phase with that id; NoResultFound if there is none."""
        row = self._connection.execute(PHASE_BY_ID, {"id": phase_id}).mappings().one()
        return self._with_members([_phase(dict(row))])[0]

    def find_by_key(self, key: str) -> Phase | None:
        """Return the phase with that key, in any case."""
        row = self._connection.execute(PHASE_BY_KEY, {"key": key.upper()}).mappings().one_or_none()
        return self._with_members([_phase(dict(row))])[0] if row else None

    def _with_members(self, found: list[Phase]) -> list[Phase]:
        if not any(phase.groups for phase in found):
            return found
        members = {str(row.id): tuple(row.people) for row in self._connection.execute(select(user_groups))}
        return [phase.model_copy(update={"members": members}) for phase in found]

    def save(self, phase: Phase) -> Phase:
        """Insert the phase or update the one with its key, and return it with its id."""
        values = _columns(phase)
        known = self.find_by_key(phase.key)
        if known:
            self._connection.execute(update(phases).where(phases.c.id == known.id).values(values))
            return phase.model_copy(update={"id": known.id})
        key = self._connection.execute(insert(phases), values).inserted_primary_key
        return phase.model_copy(update={"id": int(key[0])})  # type: ignore[index]

    def insert_moved_channel(self, old: str, new: str, at: datetime) -> None:
        """Record that a channel has another id now; earlier ids of it lead to the newest one."""
        self._connection.execute(update(moved_channels).where(moved_channels.c.new == old).values(new=new))
        self._connection.execute(delete(moved_channels).where(moved_channels.c.old.in_([old, new])))
        self._connection.execute(insert(moved_channels), {"old": old, "new": new, "at": at})

    def get_moved_channels(self) -> dict[str, str]:
        """Return the present id of each channel that has another id now, by the old one."""
        return {str(row.old): str(row.new) for row in self._connection.execute(select(moved_channels))}

    def list_groups(self) -> frozenset[str]:
        """Return the ids of the user groups in the settings of all phases."""
        return frozenset(group for phase in self.list_phases() for group in phase.groups)

    def list_unknown_groups(self) -> frozenset[str]:
        """Return the user groups whose members have not been loaded from Slack yet."""
        return self.list_groups() - frozenset(self._connection.scalars(select(user_groups.c.id)))

    def save_group(self, group: str, people: Sequence[str]) -> bool:
        """Save the members of a user group, and return whether they changed."""
        given = {"people": list(people)}
        if self._connection.scalar(select(user_groups.c.people).where(user_groups.c.id == group)) == given["people"]:
            return False
        if not self._connection.execute(update(user_groups).where(user_groups.c.id == group).values(given)).rowcount:
            self._connection.execute(insert(user_groups), given | {"id": group})
        return True

    def delete_unused_groups(self) -> None:
        """Delete the user groups that are in no phase's settings any more."""
        self._connection.execute(delete(user_groups).where(user_groups.c.id.not_in(self.list_groups())))

    def next_ticket_number(self, phase_id: int) -> int:
        """Return the next ticket's number. The row stays locked until the commit, so no number is used twice."""
        return int(self._connection.scalar(NEXT_NUMBER, {"which": phase_id}) or 0)


def _columns(phase: Phase) -> dict[str, Any]:
    columns = phase.model_dump(include=set(COLUMNS - {"id"}))
    columns |= {name: list(columns[name]) for name in LISTS}
    return columns | {"options": phase.model_dump(include=set(OPTIONS), mode="json")}


def _phase(row: dict[str, Any]) -> Phase:
    row.pop("last_number")
    return Phase.model_validate({**row.pop("options"), **row}, extra="ignore")  # a newer release may have written more
