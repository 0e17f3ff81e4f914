"""Figures of a phase: how long things take and which promises are kept, with what is still open among them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from statistics import fmean
from typing import Any

from domain.phases.phase import Phase
from domain.pulse.results import score
from domain.pulse.settings import QuestionKind, Readers
from domain.reporting.digest import local_days
from domain.reporting.figures import Cohort, PeriodCounts
from domain.reporting.kpis import KpiTarget, TargetResult, kpi_results
from domain.reporting.metrics import calculate_metrics, merge_cohorts
from domain.reporting.milestones import MINUTE
from domain.sla.targets import policy_for
from domain.sla.working_time import WorkingTimeRuler
from domain.statistics.intervals import Interval
from domain.tickets.ticket import Severity
from storage.transaction import Transaction

GROUP = "group"  # what reports are told apart by when it is not in themselves
NO_GROUP = "no group"
WINDOW = timedelta(days=28)
Cohorts = dict[tuple[str, ...], Cohort]
WEEK = 7  # days, of what is judged as a rate


def cohorts(tx: Transaction, phase: Phase, since: datetime, until: datetime, sides: Sequence[str] = ()) -> Cohorts:
    """What was opened in between, by all of these sides together; what is open counts with its age at `until`."""
    columns = ["reporter" if side == GROUP else side for side in sides]
    found = tx.cohorts.list_cohorts(phase.id, since, until, columns)
    ruler = cache(lambda calendar: WorkingTimeRuler(calendar, since, until))
    calendar_of = cache(lambda module, severity, owner: policy_for(phase, module)(Severity(severity), owner).calendar)
    for row in tx.cohorts.list_open(phase.id, since, until):
        rule = ruler(calendar_of(row.module, row.severity, row.owner or ""))
        age = round(rule.between(row.opened_at, until) / MINUTE)
        _watch(found.setdefault(tuple(getattr(row, column) for column in columns), Cohort()), row, age)
    return _grouped(phase, found, sides.index(GROUP)) if GROUP in sides else found


def _watch(cohort: Cohort, row: Any, age: int) -> None:
    for times, reached in ((cohort.unfinished, None), (cohort.unseen, row.acknowledged_at),
                           (cohort.stuck, row.workaround_at)):  # fmt: skip
        if reached is None:
            times[age] = times.get(age, 0) + 1


def _grouped(phase: Phase, found: Cohorts, place: int) -> Cohorts:
    """By user group instead of by reporter, who are not told apart."""
    known, groups = phase.user_group_of, dict[tuple[str, ...], list[Cohort]]()
    for key, cohort in found.items():
        group = known.get(key[place], NO_GROUP)
        groups.setdefault((*key[:place], group, *key[place + 1 :]), []).append(cohort)
    return {key: merge_cohorts(some) for key, some in groups.items()}


def days(tx: Transaction, phase: Phase, until: datetime, many: int) -> list[tuple[date, PeriodCounts]]:
    """So many whole days of the phase before that moment, the oldest first."""
    local = local_days(phase.timezone, until, many)
    counts = tx.milestones.count_spans(phase.id, [(begins, ends) for _, begins, ends in local])
    return [(on, count) for (on, _, _), count in zip(local, counts, strict=True)]


def judged(tx: Transaction, phase: Phase, now: datetime) -> list[TargetResult]:
    """The six figures that the phase is judged by: rates and readings of the last seven days, the rest as it is."""
    since = max(now - timedelta(days=WEEK), min(beginning(tx, phase, now), now - timedelta(days=1)))
    week = tx.milestones.count_spans(phase.id, [(since, now)])[0]
    took = calculate_metrics(merge_cohorts(cohorts(tx, phase, now - WINDOW, now).values())).resolve.median
    many = (now - since) / timedelta(days=1)
    values: dict[KpiTarget, float | None] = {
        KpiTarget.CRITICALS: week.critical / many, KpiTarget.MTTR: None if took is None else took / 60,
        KpiTarget.SATISFACTION: satisfaction(tx, phase), KpiTarget.BACKLOG: tx.backlogs.count(phase.id, now).total,
    }  # fmt: skip
    today = phase.local_date(now)
    for goal in (KpiTarget.UPTIME, KpiTarget.ERROR_RATE):
        said = tx.readings.list_values(phase.id, goal.value, today - timedelta(days=WEEK - 1), today)
        values[goal] = fmean(value for _, value in said) if said else None
    return kpi_results(values, phase.reporting.kpi_targets)


def satisfaction(tx: Transaction, phase: Phase) -> float | None:
    """Of the newest wave that asked for it and that everybody may read, in per cent."""
    found = satisfied(tx, phase, 20)
    return found[0][1].value if found else None


def satisfied(tx: Transaction, phase: Phase, waves: int) -> list[tuple[date, Interval]]:
    """Of as many waves that everybody may read, the newest first."""
    found = []
    for wave in tx.waves.list_of_phase(phase.id, limit=waves):
        asked = next((q for q in wave.pulse.questions if q.kind is QuestionKind.SATISFACTION), None)
        told = score(asked, wave.result) if asked and wave.result and wave.pulse.readers is Readers.EVERYONE else None
        if told:
            found.append((wave.closes_at.date(), told.interval))
    return found


def beginning(tx: Transaction, phase: Phase, now: datetime) -> datetime:
    """The midnight of the go-live, or of the first report where that came before or nobody said; not after now."""
    dates = [phase.local_date(tx.milestones.find_first_opened(phase.id) or now)]
    dates += [phase.go_live] if phase.go_live and phase.go_live <= dates[0] else []
    return phase.start_of_day(min(dates))
