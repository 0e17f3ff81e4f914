"""Cohorts: the tickets opened in a period, aggregated by dimensions."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, String, Table, and_, cast, func, select

from domain.reporting.figures import DIMENSIONS, Cohort
from domain.tickets.status import Status
from domain.tickets.types import TicketType
from storage.tickets.milestone_table import milestones as m
from storage.tickets.tables import IS_OPEN, tickets

Key = tuple[str, ...]
Counts = dict[int, int]
NOT_COUNTED = (Status.MERGED.value, Status.WITHDRAWN.value)
UNDECIDED = 2  # whether a target was met


def _bit(holds: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(holds, Integer)


def _is_met(target: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(_bit(target), UNDECIDED)


# Several columns are packed into one number, which is faster: two bits for each flag, and three flags below minutes.
FLAGS = (
    _bit(m.c.resolved_count > 0)
    + 4 * _bit(m.c.reopened_count > 0)
    + 16 * _is_met(m.c.acknowledge_met)
    + 64 * _is_met(m.c.resolve_met)
)
REACHED = (
    _bit(m.c.resolved_at.is_not(None)) + 2 * _bit(m.c.acknowledged_at.is_not(None))
    + 4 * _bit(m.c.workaround_at.is_not(None))
)  # fmt: skip
# Each ticket adds one to the counts of each of these numbers. The database returns the numbers of a cohort as one text
# each, which is four times as fast as a row for each of a million tickets.
COUNTED = (FLAGS, m.c.minutes_to_acknowledge, m.c.minutes_to_workaround, 8 * m.c.minutes_to_close + REACHED)
AGGREGATED = [func.aggregate_strings(cast(one, String), ",") for one in COUNTED]


class Cohorts:
    """Cohorts of public tickets without praise."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_cohorts(
        self, phase_id: int, since: datetime, until: datetime, dimensions: Sequence[str]
    ) -> dict[Key, Cohort]:
        """Return the cohorts by all these dimensions (of DIMENSIONS, or `reporter`)."""
        columns = [tickets.c.reporter if name == "reporter" else m.c[name] for name in dimensions]
        query = select(*columns, *AGGREGATED).where(_reported(m, phase_id, since, until)).group_by(*columns)
        query = query.join(tickets, tickets.c.id == m.c.ticket_id) if "reporter" in dimensions else query
        found = {}
        for row in self._connection.execute(query):
            flags, *times = map(_counts, row[len(columns) :])
            if flags:
                found[tuple(row[: len(columns)])] = _cohort(flags, *times)
        return found

    def list_open(self, phase_id: int, since: datetime, until: datetime) -> Sequence[Any]:
        """Return the tickets of a period that are still open: times, dimensions, owner and reporter."""
        mine = and_(_reported(tickets, phase_id, since, until), IS_OPEN)
        columns = (m.c.opened_at, m.c.acknowledged_at, m.c.workaround_at, *(m.c[name] for name in DIMENSIONS))
        query = select(*columns, tickets.c.owner, tickets.c.reporter).join(tickets, tickets.c.id == m.c.ticket_id)
        return self._connection.execute(query.where(mine)).all()

    def count_private(self, phase_id: int, types: Sequence[str], until: datetime) -> int:
        """Count the private tickets of these types that were opened until then, without merged and withdrawn ones."""
        mine = (tickets.c.phase_id == phase_id, tickets.c.private.is_(True), tickets.c.type.in_(types),
                tickets.c.opened_at < until, tickets.c.status.not_in(NOT_COUNTED))  # fmt: skip
        return int(self._connection.scalar(select(func.count()).select_from(tickets).where(*mine)) or 0)


def _reported(table: Table, phase_id: int, since: datetime, until: datetime) -> ColumnElement[bool]:
    """Public tickets without praise that were opened in the period."""
    its = table.c
    public = and_(its.private.is_(False), its.type != TicketType.PRAISE.value)
    return and_(its.phase_id == phase_id, its.opened_at >= since, its.opened_at < until, public)


def _counts(numbers: str | None) -> Counts:
    """Return {number: count} of a comma-separated text."""
    return {int(number): count for number, count in Counter(numbers.split(",")).items()} if numbers else {}


def _cohort(flags: Counts, acknowledged: Counts, workaround: Counts, closed: Counts) -> Cohort:
    cohort = Cohort(acknowledged_after=acknowledged, workaround_after=workaround)
    for bits, count in flags.items():
        resolved, reopened, acknowledge_met, resolve_met = (bits >> shift & 3 for shift in (0, 2, 4, 6))
        cohort.opened += count
        cohort.ever_resolved += count if resolved else 0
        cohort.ever_reopened += count if resolved and reopened else 0
        cohort.acknowledge_targets = _add_target(cohort.acknowledge_targets, acknowledge_met, count)
        cohort.resolve_targets = _add_target(cohort.resolve_targets, resolve_met, count)
    for bits, count in closed.items():
        minutes = bits >> 3
        _add(cohort.resolved_after if bits & 1 else cohort.closed_unresolved_after, minutes, count)
        _add(cohort.unacknowledged_for, minutes, 0 if bits & 2 else count)
        _add(cohort.without_workaround_for, minutes, 0 if bits & 4 else count)
    return cohort


def _add(times: dict[int, int], minutes: int, count: int) -> None:
    if count:
        times[minutes] = times.get(minutes, 0) + count


def _add_target(before: tuple[int, int], met: int, count: int) -> tuple[int, int]:
    """Return (targets met, targets decided)."""
    return before if met == UNDECIDED else (before[0] + met * count, before[1] + count)
