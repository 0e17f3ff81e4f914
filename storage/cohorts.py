"""What was reported in a span of time, summed up by what it is told apart by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, select

from domain.figures import Cohort
from domain.types import Type
from storage.figures import milestones as m
from storage.tables import IS_OPEN, tickets

SIDES = ("severity", "type", "module", "process")  # by what figures are told apart; and by "reporter"
Key = tuple[str, ...]
BATCH = 20_000  # rows
STREAMED = {"stream_results": True, "max_row_buffer": BATCH}
FLAGS = (m.c.fixes > 0, m.c.reopened > 0, m.c.acknowledge_kept, m.c.resolve_kept)
TIMES = {
    "acknowledged": m.c.to_acknowledge, "worked_around": m.c.to_workaround,
    "resolved": case((m.c.resolved_at.is_not(None), m.c.to_close)),
    "unresolved": case((m.c.resolved_at.is_(None), m.c.to_close)),
    "unseen": case((m.c.acknowledged_at.is_(None), m.c.to_close)),
    "stuck": case((m.c.workaround_at.is_(None), m.c.to_close)),
}  # fmt: skip


class Cohorts:
    """Of public tickets that are not praise."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, phase_id: int, since: datetime, until: datetime, sides: Sequence[str]) -> dict[Key, Cohort]:
        """What was opened in between, by all of these sides together: columns of SIDES, and the reporter.

        Each ticket is read once, however many sides and figures there are, and none is held in memory.
        """
        columns = [tickets.c.reporter if side == "reporter" else m.c[side] for side in sides]
        asked = select(*columns, *FLAGS, *TIMES.values()).where(_reported(phase_id, since, until))
        asked = asked.join(tickets, tickets.c.id == m.c.ticket_id) if "reporter" in sides else asked
        flags, times = Counter[Any](), {name: Counter[Any]() for name in TIMES}
        rows = self._connection.execute(asked, execution_options=STREAMED)
        for batch in rows.partitions(BATCH):
            values = [*zip(*batch, strict=True)]
            keys = [*zip(*values[: len(sides)], strict=True)] if sides else [()] * len(batch)
            flags.update(zip(keys, *values[len(sides) : len(sides) + len(FLAGS)], strict=True))
            for counted, column in zip(times.values(), values[len(sides) + len(FLAGS) :], strict=True):
                counted.update(zip(keys, column, strict=True))
        return _cohorts(flags, times)

    def open(self, phase_id: int, since: datetime, until: datetime) -> Sequence[Any]:
        """What is still open of it: opened_at, acknowledged_at, workaround_at, owner and what it is told apart by."""
        mine = and_(_reported(phase_id, since, until), IS_OPEN)
        columns = (m.c.opened_at, m.c.acknowledged_at, m.c.workaround_at, *(m.c[side] for side in SIDES))
        asked = select(*columns, tickets.c.owner, tickets.c.reporter).join(tickets, tickets.c.id == m.c.ticket_id)
        return self._connection.execute(asked.where(mine)).all()


def _reported(phase_id: int, since: datetime, until: datetime) -> ColumnElement[bool]:
    """What was reported in between and is everybody's to see; nobody has to do anything about praise."""
    public = and_(m.c.private.is_(False), m.c.type != Type.PRAISE.value)
    return and_(m.c.phase_id == phase_id, m.c.opened_at >= since, m.c.opened_at < until, public)


def _cohorts(flags: Counter[Any], times: Mapping[str, Counter[Any]]) -> dict[Key, Cohort]:
    found: dict[Key, Cohort] = {}
    for (key, fixed, reopened, acknowledged, resolved), count in flags.items():
        cohort = found.setdefault(key, Cohort())
        cohort.opened += count
        cohort.fixed += count if fixed else 0
        cohort.reopened += count if fixed and reopened else 0
        cohort.acknowledge = _kept(cohort.acknowledge, acknowledged, count)
        cohort.resolve = _kept(cohort.resolve, resolved, count)
    for name, counted in times.items():
        for (key, minutes), count in counted.items():
            if minutes is not None:
                getattr(found[key], name)[minutes] = count
    return found


def _kept(before: tuple[int, int], kept: bool | None, count: int) -> tuple[int, int]:
    """Of promises kept, and of those that are decided."""
    return before if kept is None else (before[0] + (count if kept else 0), before[1] + count)
