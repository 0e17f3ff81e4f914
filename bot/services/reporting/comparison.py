"""Compare a phase with imported data from before the go-live and from after its end."""

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
BASELINE_PERIOD = timedelta(days=90)  # before the go-live
COUNT_FIELDS = {"reports": "opened", "criticals": "critical"}  # reading: field of PeriodCounts


def before(tx: Transaction, phase: Phase, now: datetime) -> PeriodComparison:
    """Compare the last four weeks of the phase with the days before the go-live."""
    if phase.go_live is None or phase.go_live > phase.local_date(now):
        return PeriodComparison()
    return _compare(tx, phase, now, phase.go_live - BASELINE_PERIOD, phase.go_live - DAY)


def after(tx: Transaction, phase: Phase, today: date) -> PeriodComparison:
    """Compare the days since the end of the phase with its last four weeks."""
    if phase.ended_at is None:
        return PeriodComparison()
    return _compare(tx, phase, phase.ended_at, phase.local_date(phase.ended_at) + DAY, today, later=True)


def _compare(
    tx: Transaction, phase: Phase, now: datetime, since: date, until: date, *, later: bool = False
) -> PeriodComparison:
    """Compare the phase until `now` with the imported days; `later` ones are compared with the phase."""
    start = phase.go_live or phase.local_date(figures.start_of(tx, phase, now))
    counts = {metric: tx.readings.list_values(phase.id, metric, since, until) for metric in COUNT_FIELDS}
    values = {one: tx.baselines.count_values(phase.id, one.value, since, until) for one in Baseline}
    mine, whole = _days(tx, phase, now, start) if any(counts.values()) else {}, Cohort()
    if any(values.values()):
        whole = merge_cohorts(
            figures.cohorts(tx, phase, max(phase.start_of_day(start), now - figures.DEFAULT_PERIOD), now).values()
        )
    satisfied = figures.satisfaction_counts(tx, phase) if values[Baseline.SATISFIED] else None
    return PeriodComparison(
        {
            name: compare_daily_counts(*_later_first(mine[name], there, later))
            for name, there in counts.items()
            if there
        },
        {one: _change(one, whole, (satisfied or (0, 0))[:2], there, later) for one, there in values.items() if there},
    )


def _days(tx: Transaction, phase: Phase, now: datetime, start: date) -> dict[str, list[tuple[date, float]]]:
    """Return the daily counts of the last days of the phase, by reading."""
    many = max(1, min((phase.local_date(now) - start).days, figures.DEFAULT_PERIOD.days))
    days = [(on, count) for on, count in figures.daily_counts(tx, phase, now, many) if on >= start]
    return {name: [(on, float(getattr(count, field))) for on, count in days] for name, field in COUNT_FIELDS.items()}


def _change(
    one: Baseline, whole: Cohort, satisfied: tuple[int, int], there: SurvivalCounts, later: bool
) -> MetricChange | None:
    if one is Baseline.RESOLUTION:
        return compare_medians(*_later_first(resolution_counts(whole), there, later))
    here = {
        Baseline.IN_TIME: whole.resolve_targets,
        Baseline.FIRST_FIX: (whole.ever_resolved - whole.ever_reopened, whole.ever_resolved),
        Baseline.SATISFIED: satisfied,
    }[one]
    return compare_shares(*_later_first(here, (there.get(1, (0, 0))[0], sum(n for n, _ in there.values())), later))


def _later_first(here: T, there: T, later: bool) -> tuple[T, T]:
    """Return the later one first."""
    return (there, here) if later else (here, there)
