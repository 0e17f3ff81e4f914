"""What was reported in a span of time, summed up by what it is told apart by."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, and_, select, type_coerce

from domain.figures import SIDES, Cohort
from domain.types import Type
from storage.figures import milestones as m
from storage.tables import IS_OPEN, tickets

Key = tuple[str, ...]
Counts = Counter[Any]
BATCH = 20_000  # rows
STREAMED = {"stream_results": True, "max_row_buffer": BATCH}
FLAGS = (m.c.fixes > 0, m.c.reopened > 0, m.c.acknowledge_kept, m.c.resolve_kept)
REACHED = (m.c.resolved_at.is_not(None), m.c.acknowledged_at.is_not(None), m.c.workaround_at.is_not(None))
# What is counted together: each ticket adds one to each of them.
COUNTED = (FLAGS, (m.c.to_acknowledge,), (m.c.to_workaround,), (m.c.to_close, *REACHED))


class Cohorts:
    """Of public tickets that are not praise."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, phase_id: int, since: datetime, until: datetime, sides: Sequence[str]) -> dict[Key, Cohort]:
        """What was opened in between, by all of these sides together: columns of SIDES, and the reporter.

        Each ticket is read once, however many sides and figures there are, and none is held in memory.
        """
        columns = [tickets.c.reporter if side == "reporter" else m.c[side] for side in sides]
        # As numbers, as they come: to make yes and no of them takes longer than to count them.
        plain = (type_coerce(one, Integer) for one in chain(*COUNTED))
        asked = select(*columns, *plain).where(_reported(phase_id, since, until))
        asked = asked.join(tickets, tickets.c.id == m.c.ticket_id) if "reporter" in sides else asked
        counted = [Counter[Any]() for _ in COUNTED]
        # Keys are counted by number, which hashes faster.
        places: defaultdict[Key, int] = defaultdict(lambda: len(places))
        for batch in self._connection.execute(asked, execution_options=STREAMED).partitions(BATCH):
            values = iter([*zip(*batch, strict=True)])
            mine = [*islice(values, len(columns))]
            keys = [places[key] for key in zip(*mine, strict=True)] if mine else [places[()]] * len(batch)
            for counter, some in zip(counted, COUNTED, strict=True):
                counter.update(zip(keys, *islice(values, len(some)), strict=True))
        return dict(zip(places, _cohorts(*counted).values(), strict=True))

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


def _cohorts(flags: Counts, acknowledged: Counts, worked_around: Counts, closed: Counts) -> dict[int, Cohort]:
    """By the number of their key, in the order of these numbers."""
    found: dict[int, Cohort] = {key: Cohort() for key in sorted({key for key, *_ in flags})}
    for (key, fixed, reopened, in_time, kept), count in flags.items():
        cohort = found[key]
        cohort.opened += count
        cohort.fixed += count if fixed else 0
        cohort.reopened += count if fixed and reopened else 0
        cohort.acknowledge = _kept(cohort.acknowledge, in_time, count)
        cohort.resolve = _kept(cohort.resolve, kept, count)
    for name, counted in (("acknowledged", acknowledged), ("worked_around", worked_around)):
        for (key, minutes), count in counted.items():
            if minutes is not None:
                getattr(found[key], name)[minutes] = count
    for (key, minutes, resolved, seen, around), count in closed.items():
        if minutes is not None:
            cohort = found[key]
            _add(cohort.resolved if resolved else cohort.unresolved, minutes, count)
            _add(cohort.unseen, minutes, 0 if seen else count)
            _add(cohort.stuck, minutes, 0 if around else count)
    return found


def _add(times: dict[int, int], minutes: int, count: int) -> None:
    if count:
        times[minutes] = times.get(minutes, 0) + count


def _kept(before: tuple[int, int], kept: bool | None, count: int) -> tuple[int, int]:
    """Of promises kept, and of those that are decided."""
    return before if kept is None else (before[0] + (count if kept else 0), before[1] + count)
