"""What was reported in a span of time, summed up by what it is told apart by."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, String, Table, and_, cast, func, select

from domain.reporting.figures import DIMENSIONS, Cohort
from domain.tickets.types import TicketType
from storage.tickets.milestone_table import milestones as m
from storage.tickets.tables import IS_OPEN, tickets

Key = tuple[str, ...]
Counts = dict[int, int]
UNDECIDED = 2  # of a target


def _bit(holds: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(holds, Integer)


def _kept(target: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(_bit(target), UNDECIDED)


# Several columns are one number, which is told and counted faster: two bits of each flag, and one below minutes.
FLAGS = (
    _bit(m.c.resolved_count > 0)
    + 4 * _bit(m.c.reopened_count > 0)
    + 16 * _kept(m.c.acknowledge_met)
    + 64 * _kept(m.c.resolve_met)
)
REACHED = (
    _bit(m.c.resolved_at.is_not(None)) + 2 * _bit(m.c.acknowledged_at.is_not(None))
    + 4 * _bit(m.c.workaround_at.is_not(None))
)  # fmt: skip
# What is counted: each ticket adds one to each of them. The database tells the numbers of a cohort as one text each:
# of a million tickets that is four times as fast as a row for each of them.
COUNTED = (FLAGS, m.c.minutes_to_acknowledge, m.c.minutes_to_workaround, 8 * m.c.minutes_to_close + REACHED)
TOLD = [func.aggregate_strings(cast(one, String), ",") for one in COUNTED]


class Cohorts:
    """Of public tickets that are not praise."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_cohorts(self, phase_id: int, since: datetime, until: datetime, sides: Sequence[str]) -> dict[Key, Cohort]:
        """What was opened in between, by all of these sides together: columns of SIDES, and the reporter."""
        columns = [tickets.c.reporter if side == "reporter" else m.c[side] for side in sides]
        asked = select(*columns, *TOLD).where(_reported(m, phase_id, since, until)).group_by(*columns)
        asked = asked.join(tickets, tickets.c.id == m.c.ticket_id) if "reporter" in sides else asked
        found = {}
        for row in self._connection.execute(asked):
            flags, *times = map(_counts, row[len(columns) :])
            if flags:
                found[tuple(row[: len(columns)])] = _cohort(flags, *times)
        return found

    def list_open(self, phase_id: int, since: datetime, until: datetime) -> Sequence[Any]:
        """What is still open of it: opened_at, acknowledged_at, workaround_at, owner and what it is told apart by."""
        mine = and_(_reported(tickets, phase_id, since, until), IS_OPEN)
        columns = (m.c.opened_at, m.c.acknowledged_at, m.c.workaround_at, *(m.c[side] for side in DIMENSIONS))
        asked = select(*columns, tickets.c.owner, tickets.c.reporter).join(tickets, tickets.c.id == m.c.ticket_id)
        return self._connection.execute(asked.where(mine)).all()


def _reported(table: Table, phase_id: int, since: datetime, until: datetime) -> ColumnElement[bool]:
    """What was reported in between and is everybody's to see; nobody has to do anything about praise."""
    its = table.c
    public = and_(its.private.is_(False), its.type != TicketType.PRAISE.value)
    return and_(its.phase_id == phase_id, its.opened_at >= since, its.opened_at < until, public)


def _counts(told: str | None) -> Counts:
    """How many there are of each number."""
    return {int(number): count for number, count in Counter(told.split(",")).items()} if told else {}


def _cohort(flags: Counts, acknowledged: Counts, worked_around: Counts, closed: Counts) -> Cohort:
    cohort = Cohort(acknowledged=acknowledged, worked_around=worked_around)
    for some, count in flags.items():
        fixed, reopened, in_time, kept = (some >> bit & 3 for bit in (0, 2, 4, 6))
        cohort.opened += count
        cohort.fixed += count if fixed else 0
        cohort.reopened += count if fixed and reopened else 0
        cohort.acknowledge = _decided(cohort.acknowledge, in_time, count)
        cohort.resolve = _decided(cohort.resolve, kept, count)
    for some, count in closed.items():
        minutes = some >> 3
        _add(cohort.resolved if some & 1 else cohort.unresolved, minutes, count)
        _add(cohort.unseen, minutes, 0 if some & 2 else count)
        _add(cohort.stuck, minutes, 0 if some & 4 else count)
    return cohort


def _add(times: dict[int, int], minutes: int, count: int) -> None:
    if count:
        times[minutes] = times.get(minutes, 0) + count


def _decided(before: tuple[int, int], kept: int, count: int) -> tuple[int, int]:
    """Of targets kept, and of those that are decided."""
    return before if kept == UNDECIDED else (before[0] + kept * count, before[1] + count)
