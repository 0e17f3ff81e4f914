"""Figures of a phase: how long things take and which promises are kept, with what is still open among them."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from domain.digest import local_days
from domain.figures import Cohort, Count
from domain.goals import Goal, Standing, standings
from domain.metrics import joined, metrics
from domain.milestones import MINUTE
from domain.phase import Phase
from domain.promises import level_of
from domain.pulse import Kind
from domain.tally import score
from domain.ticket import Severity
from domain.worktime import Ruler
from storage.store import Tx

GROUP = "group"  # what reports are told apart by when it is not in themselves
NO_GROUP = "no group"
WINDOW = timedelta(days=28)
WEEK = 7  # days, of what is judged as a rate


def cohorts(tx: Tx, phase: Phase, since: datetime, until: datetime, side: str = "") -> dict[str, Cohort]:
    """What was opened in between, told apart by a side; what is open counts with its age at `until`."""
    grouped = side == GROUP
    found = (_by_group if grouped else _by_column)(tx, phase, since, until, side)
    ruler = cache(lambda calendar: Ruler(calendar, since, until))
    calendar_of = cache(lambda module, severity, owner: level_of(phase, module)(Severity(severity), owner).calendar)
    for row in tx.milestones.open(phase.id, since, until):
        rule = ruler(calendar_of(row.module, row.severity, row.owner or ""))
        age = round(rule.between(row.opened_at, until) / MINUTE)
        name = (phase.group_of(row.reporter) or NO_GROUP) if grouped else getattr(row, side) if side else ""
        _watch(found.setdefault(name, Cohort()), row, age)
    return found


def _watch(cohort: Cohort, row: Any, age: int) -> None:
    for times, reached in ((cohort.unfinished, None), (cohort.unseen, row.acknowledged_at),
                           (cohort.stuck, row.workaround_at)):  # fmt: skip
        if reached is None:
            times[age] = times.get(age, 0) + 1


def _by_column(tx: Tx, phase: Phase, since: datetime, until: datetime, side: str) -> dict[str, Cohort]:
    return tx.milestones.cohort(phase.id, since, until, side)


def _by_group(tx: Tx, phase: Phase, since: datetime, until: datetime, _side: str) -> dict[str, Cohort]:
    found: dict[str, list[Cohort]] = {}
    for person, cohort in tx.milestones.cohort(phase.id, since, until, "reporter").items():
        found.setdefault(phase.group_of(person) or NO_GROUP, []).append(cohort)
    return {name: joined(some) for name, some in found.items()}


def days(tx: Tx, phase: Phase, until: datetime, many: int) -> list[tuple[date, Count]]:
    """So many whole days of the phase before that moment, the oldest first."""
    local = local_days(phase.timezone, until, many)
    counts = tx.milestones.counts(phase.id, [(begins, ends) for _, begins, ends in local])
    return [(on, count) for (on, _, _), count in zip(local, counts, strict=True)]


def judged(tx: Tx, phase: Phase, now: datetime) -> list[Standing]:
    """The six figures that the phase is judged by, of the last seven days, or as they were said last."""
    week = tx.milestones.counts(phase.id, [(now - timedelta(days=WEEK), now)])[0]
    took = metrics(cohorts(tx, phase, now - WINDOW, now).get("", Cohort())).resolve.median
    values: dict[Goal, float | None] = {
        Goal.CRITICALS: week.critical / WEEK, Goal.MTTR: None if took is None else took / 60,
        Goal.SATISFACTION: satisfaction(tx, phase), Goal.BACKLOG: tx.backlogs.now(phase.id, now).total,
    }  # fmt: skip
    for goal in (Goal.UPTIME, Goal.ERROR_RATE):
        said = tx.readings.newest(phase.id, goal.value)
        values[goal] = said[1] if said else None
    return standings(values, phase.goals)


def satisfaction(tx: Tx, phase: Phase) -> float | None:
    """Of the newest wave that asked for it and may be shown, in per cent."""
    for wave in tx.waves.of(phase.id):
        asked = next((q for q in wave.pulse.questions if q.kind is Kind.SATISFACTION), None)
        found = score(asked, wave.tally) if asked and wave.tally else None
        if found:
            return found.interval.value
    return None
