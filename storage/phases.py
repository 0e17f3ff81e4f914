"""Phases and the number that each one gives its next ticket."""

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.phase import Phase, PhaseState
from storage.tables import phases

LISTS = ("intake_channels", "leads", "responders", "modules")


class Phases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Phase]:
        rows = self._connection.execute(select(phases).order_by(phases.c.id)).mappings()
        return [_phase(dict(row)) for row in rows]

    def get(self, phase_id: int) -> Phase:
        return next(phase for phase in self.all() if phase.id == phase_id)

    def by_key(self, key: str) -> Phase | None:
        return next((phase for phase in self.all() if phase.key == key.upper()), None)

    def save(self, phase: Phase) -> Phase:
        """Insert the phase, or change the one with its key."""
        values = {k: list(v) if k in LISTS else v for k, v in asdict(phase).items() if k != "id"}
        known = self.by_key(phase.key)
        if known:
            self._connection.execute(update(phases).where(phases.c.id == known.id).values(values))
            return replace(phase, id=known.id)
        key = self._connection.execute(insert(phases), values).inserted_primary_key
        return replace(phase, id=int(key[0]))  # type: ignore[index]

    def next_number(self, phase_id: int) -> int:
        """The next ticket's number. The row stays locked until the commit, so no number is given twice or lost."""
        mine = phases.c.id == phase_id
        statement = update(phases).where(mine).values(last_number=phases.c.last_number + 1)
        return int(self._connection.scalar(statement.returning(phases.c.last_number)) or 0)


def _phase(row: dict[str, Any]) -> Phase:
    row.pop("last_number")
    lists = {name: tuple(row.pop(name)) for name in LISTS}
    return Phase(**{**row, **lists, "state": PhaseState(row["state"])})
