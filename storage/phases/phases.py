"""Phases with the members of their user groups, and the number that each one gives its next ticket."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from domain.phases.phase import NOT_SET_UP, Phase
from storage.phases.tables import phases, user_groups

LISTS = ("intake_channels", "leads", "responders")
COLUMNS = frozenset(phases.c.keys())
OPTIONS = frozenset(Phase.model_fields) - COLUMNS - frozenset(NOT_SET_UP)  # kept together, since no query asks
# Statements that are asked often are made once: to make them takes longer than to answer them.
ALL = select(phases).order_by(phases.c.id)
NUMBER = (
    update(phases).where(phases.c.id == bindparam("which")).values(last_number=phases.c.last_number + 1)
    .returning(phases.c.last_number)
)  # fmt: skip


class Phases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Phase]:
        rows = self._connection.execute(ALL).mappings()
        found = [_phase(dict(row)) for row in rows]
        if not any(phase.groups for phase in found):
            return found
        members = {str(row.id): tuple(row.people) for row in self._connection.execute(select(user_groups))}
        return [phase.model_copy(update={"members": members}) for phase in found]

    def get(self, phase_id: int) -> Phase:
        return next(phase for phase in self.all() if phase.id == phase_id)

    def by_key(self, key: str) -> Phase | None:
        return next((phase for phase in self.all() if phase.key == key.upper()), None)

    def save(self, phase: Phase) -> Phase:
        """Insert the phase, or change the one with its key."""
        values = _columns(phase)
        known = self.by_key(phase.key)
        if known:
            self._connection.execute(update(phases).where(phases.c.id == known.id).values(values))
            return phase.model_copy(update={"id": known.id})
        key = self._connection.execute(insert(phases), values).inserted_primary_key
        return phase.model_copy(update={"id": int(key[0])})  # type: ignore[index]

    def groups(self) -> frozenset[str]:
        """The user groups that phases name."""
        return frozenset(group for phase in self.all() for group in phase.groups)

    def unknown_groups(self) -> frozenset[str]:
        """Those of which nobody has asked yet who is in them."""
        return self.groups() - frozenset(self._connection.scalars(select(user_groups.c.id)))

    def put_group(self, group: str, people: Sequence[str]) -> bool:
        """Who is in it now; whether that is anything new."""
        given = {"people": list(people)}
        if self._connection.scalar(select(user_groups.c.people).where(user_groups.c.id == group)) == given["people"]:
            return False
        if not self._connection.execute(update(user_groups).where(user_groups.c.id == group).values(given)).rowcount:
            self._connection.execute(insert(user_groups), given | {"id": group})
        return True

    def forget_groups(self) -> None:
        """Those that no phase names any more."""
        self._connection.execute(delete(user_groups).where(user_groups.c.id.not_in(self.groups())))

    def next_number(self, phase_id: int) -> int:
        """The next ticket's number. The row stays locked until the commit, so no number is given twice or lost."""
        return int(self._connection.scalar(NUMBER, {"which": phase_id}) or 0)


def _columns(phase: Phase) -> dict[str, Any]:
    columns = phase.model_dump(include=set(COLUMNS - {"id"}))
    columns |= {name: list(columns[name]) for name in LISTS}
    return columns | {"options": phase.model_dump(include=set(OPTIONS), mode="json")}


def _phase(row: dict[str, Any]) -> Phase:
    row.pop("last_number")
    return Phase.model_validate({**row.pop("options"), **row}, extra="ignore")  # a newer release may have written more
