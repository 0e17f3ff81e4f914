"""A phase against what was imported: how it was before the go-live, and how it is since the phase ended."""

from datetime import date, datetime, timedelta
from typing import TypeVar

from bot.services.reporting import figures
from domain.phases.phase import Phase
from domain.reporting.figures import Cohort
from domain.reporting.metrics import merge_cohorts, resolution_counts
from domain.reporting.readings import Baseline
from domain.reporting.trends import PeriodComparison
from domain.statistics.comparison import MetricChange, compare_daily_counts, compare_medians, compare_shares
from domain.statistics.survival import SurvivalCounts
from storage.transaction import Transaction

T = TypeVar("T")
DAY = timedelta(days=1)
BEFORE = timedelta(days=90)  # that are looked at
COUNTED = {"reports": "opened", "criticals": "critical"}  # readings of a day, and what they are called in counts


def before(tx: Transaction, phase: Phase, now: datetime) -> PeriodComparison:
    """The last four weeks of the phase, against the days before the go-live."""
    if phase.go_live is None or phase.go_live > phase.local_date(now):
        return PeriodComparison()
    return _against(tx, phase, now, phase.go_live - BEFORE, phase.go_live - DAY)


def after(tx: Transaction, phase: Phase, today: date) -> PeriodComparison:
    """The days since the phase ended, against its last four weeks."""
    if phase.ended_at is None:
        return PeriodComparison()
    return _against(tx, phase, phase.ended_at, phase.local_date(phase.ended_at) + DAY, today, later=True)


def _against(
    tx: Transaction, phase: Phase, now: datetime, since: date, until: date, *, later: bool = False
) -> PeriodComparison:
    """The phase until then, and what was imported of these days; what came later is held against what came before."""
    start = phase.go_live or phase.local_date(figures.beginning(tx, phase, now))
    counts = {metric: tx.readings.list_values(phase.id, metric, since, until) for metric in COUNTED}
    single = {one: tx.baselines.count_values(phase.id, one.value, since, until) for one in Baseline}
    mine, whole = _days(tx, phase, now, start) if any(counts.values()) else {}, Cohort()
    if any(single.values()):
        whole = merge_cohorts(
            figures.cohorts(tx, phase, max(phase.start_of_day(start), now - figures.WINDOW), now).values()
        )
    return PeriodComparison(
        {name: compare_daily_counts(*_in_time(mine[name], there, later)) for name, there in counts.items() if there},
        {one: _changed(one, whole, there, later) for one, there in single.items() if there},
    )


def _days(tx: Transaction, phase: Phase, now: datetime, start: date) -> dict[str, list[tuple[date, float]]]:
    """The last days of the phase, by what is counted."""
    many = max(1, min((phase.local_date(now) - start).days, figures.WINDOW.days))
    days = [(on, count) for on, count in figures.days(tx, phase, now, many) if on >= start]
    return {name: [(on, float(getattr(count, field))) for on, count in days] for name, field in COUNTED.items()}


def _changed(one: Baseline, whole: Cohort, there: SurvivalCounts, later: bool) -> MetricChange | None:
    if one is Baseline.RESOLUTION:
        return compare_medians(*_in_time(resolution_counts(whole), there, later))
    here = whole.resolve if one is Baseline.IN_TIME else (whole.fixed - whole.reopened, whole.fixed)
    return compare_shares(*_in_time(here, (there.get(1, (0, 0))[0], sum(n for n, _ in there.values())), later))


def _in_time(here: T, there: T, later: bool) -> tuple[T, T]:
    """The later one first."""
    return (there, here) if later else (here, there)
