"""Cohorts, daily counts and KPI values of a phase."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from statistics import fmean
from typing import Any

from domain.phases.phase import Phase
from domain.pulse.pulse import MIN_GOOD_ANSWER
from domain.pulse.results import Score, score
from domain.pulse.settings import Question, QuestionKind, Readers
from domain.reporting.digest import local_days
from domain.reporting.figures import Cohort, PeriodCounts
from domain.reporting.kpis import KpiTarget, TargetResult, kpi_results
from domain.reporting.metrics import calculate_metrics, merge_cohorts
from domain.reporting.milestones import MINUTE
from domain.reporting.objectives import ObjectiveResult, count_linked
from domain.sla.targets import policy_for
from domain.sla.working_time import WorkingTimeRuler
from domain.statistics.disclosure import publishable_cells
from domain.statistics.intervals import Interval
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType
from storage.transaction import Transaction

GROUP = "group"  # a dimension that comes from the reporter's user group
NO_GROUP = "no group"
DEFAULT_PERIOD = timedelta(days=28)
Cohorts = dict[tuple[str, ...], Cohort]
KPI_DAYS = 7  # of rates and readings


def cohorts(tx: Transaction, phase: Phase, since: datetime, until: datetime, dimensions: Sequence[str] = ()) -> Cohorts:
    """Return the tickets opened in the period, grouped by all dimensions; open ones count with their age at `until`."""
    columns = ["reporter" if name == GROUP else name for name in dimensions]
    found = tx.cohorts.list_cohorts(phase.id, since, until, columns)
    ruler = cache(lambda calendar: WorkingTimeRuler(calendar, since, until))
    policy_of = cache(lambda module: policy_for(phase, module, TicketType.BUG))  # only its calendar counts
    calendar_of = cache(lambda module, severity, owner: policy_of(module)(Severity(severity), owner).calendar)
    for row in tx.cohorts.list_open(phase.id, since, until):
        rule = ruler(calendar_of(row.module, row.severity, row.owner or ""))
        age = round(rule.between(row.opened_at, until) / MINUTE)
        _add_open(found.setdefault(tuple(getattr(row, column) for column in columns), Cohort()), row, age)
    return _grouped(phase, found, dimensions.index(GROUP)) if GROUP in dimensions else found


def _add_open(cohort: Cohort, row: Any, age: int) -> None:
    for times, reached in ((cohort.open_for, None), (cohort.unacknowledged_for, row.acknowledged_at),
                           (cohort.without_workaround_for, row.workaround_at)):  # fmt: skip
        if reached is None:
            times[age] = times.get(age, 0) + 1


def _grouped(phase: Phase, found: Cohorts, place: int) -> Cohorts:
    """Group by user group instead of by reporter; people of groups that are too small to be shown have no group."""
    known, groups, shown = phase.user_group_of, dict[tuple[str, ...], list[Cohort]](), group_sizes(phase)
    for key, cohort in found.items():
        group = known.get(key[place], NO_GROUP)
        group = group if group in shown else NO_GROUP
        groups.setdefault((*key[:place], group, *key[place + 1 :]), []).append(cohort)
    return {key: merge_cohorts(some) for key, some in groups.items()}


def group_sizes(phase: Phase) -> dict[str, int]:
    """Return the people of each user group that may be shown: a group of few would be as good as their names."""
    sizes = {group.name: group.people or len(phase.people(group.members)) for group in phase.reporting.user_groups}
    shown = publishable_cells(sizes, sum(sizes.values()))
    return {name: size for name, size in sizes.items() if name in shown}


def daily_counts(tx: Transaction, phase: Phase, until: datetime, count: int) -> list[tuple[date, PeriodCounts]]:
    """Return the counts of the last `count` whole days before `until`, oldest first."""
    local = local_days(phase.timezone, until, count)
    counts = tx.milestones.count_spans(phase.id, [(begins, ends) for _, begins, ends in local])
    return [(on, one) for (on, _, _), one in zip(local, counts, strict=True)]


def kpi_values(tx: Transaction, phase: Phase, now: datetime) -> list[TargetResult]:
    """Return the six KPIs: rates and readings of the last seven days, the others as of now."""
    since = max(now - timedelta(days=KPI_DAYS), min(start_of(tx, phase, now), now - timedelta(days=1)))
    week = tx.milestones.count_spans(phase.id, [(since, now)])[0]
    took = calculate_metrics(merge_cohorts(cohorts(tx, phase, now - DEFAULT_PERIOD, now).values())).resolve.median
    length = (now - since) / timedelta(days=1)
    values: dict[KpiTarget, float | None] = {
        KpiTarget.CRITICALS: week.critical / length, KpiTarget.MTTR: None if took is None else took / 60,
        KpiTarget.SATISFACTION: satisfaction(tx, phase), KpiTarget.BACKLOG: tx.backlogs.count(phase.id, now).total,
    }  # fmt: skip
    today, gaps = phase.local_date(now), dict[KpiTarget, int]()
    wanted = min(KPI_DAYS, (today - phase.local_date(since)).days + 1)
    for kpi in (KpiTarget.UPTIME, KpiTarget.ERROR_RATE):
        readings = tx.readings.list_values(phase.id, kpi.value, today - timedelta(days=KPI_DAYS - 1), today)
        values[kpi] = fmean(value for _, value in readings) if readings else None
        gaps[kpi] = max(0, wanted - 1 - len(readings))  # today's comes at its end
    return kpi_results(values, phase.reporting.kpi_targets, gaps)


def objectives(tx: Transaction, phase: Phase, found: Cohorts, now: datetime) -> list[ObjectiveResult]:
    """Return the business objectives with their newest values and tickets; `found` are the cohorts by DIMENSIONS."""
    results, today = list[ObjectiveResult](), phase.local_date(now)
    for one in phase.reporting.objectives:
        values = tx.readings.list_values(phase.id, one.name, date.min, today)
        on, actual = values[-1] if values else (None, None)
        tickets, open_ = count_linked(one, found)
        results.append(ObjectiveResult(objective=one, actual=actual, on=on, tickets=tickets, open_tickets=open_))
    return results


def satisfaction(tx: Transaction, phase: Phase) -> float | None:
    """Return the satisfaction in per cent of the newest public wave that asked for it."""
    found = satisfaction_by_wave(tx, phase, 20)
    return found[0][1].value if found else None


def satisfaction_by_wave(tx: Transaction, phase: Phase, waves: int) -> list[tuple[date, Interval]]:
    """Return (date, satisfaction) of the last public waves, newest first."""
    return [(wave.closes_at.date(), result.interval) for wave, _, result in _satisfaction(tx, phase, waves)]


def satisfaction_counts(tx: Transaction, phase: Phase) -> tuple[int, int, int] | None:
    """Return (satisfied, answers, people asked) of the newest public wave that asked for satisfaction."""
    for wave, asked, _ in _satisfaction(tx, phase, 20):
        cell = wave.result.cells[""][asked.id]
        good = sum(n for value, n in cell.counts.items() if int(value) >= MIN_GOOD_ANSWER[asked.kind])
        return good, cell.n, wave.result.invited
    return None


def _satisfaction(tx: Transaction, phase: Phase, waves: int) -> Iterator[tuple[Any, Question, Score]]:
    """Yield (wave, question, score) of the last public waves that asked for satisfaction, newest first."""
    for wave in tx.waves.list_of_phase(phase.id, limit=waves):
        asked = next((q for q in wave.pulse.questions if q.kind is QuestionKind.SATISFACTION), None)
        result = score(asked, wave.result) if asked and wave.result and wave.pulse.readers is Readers.EVERYONE else None
        if asked and result:
            yield wave, asked, result


def start_of(tx: Transaction, phase: Phase, now: datetime) -> datetime:
    """Return the midnight of the go-live or of the first report, whichever is earlier; never after now."""
    dates = [phase.local_date(tx.milestones.find_first_opened(phase.id) or now)]
    dates += [phase.go_live] if phase.go_live and phase.go_live <= dates[0] else []
    return phase.start_of_day(min(dates))
