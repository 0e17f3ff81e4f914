"""The metrics of a phase with their definitions; durations include open tickets, shares have confidence bounds."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.reporting.figures import Cohort, MinuteCounts
from domain.statistics.distributions import binomial_test
from domain.statistics.intervals import Interval, wilson_interval
from domain.statistics.survival import SurvivalCounts, SurvivalCurve, kaplan_meier

SIGNIFICANCE = 0.05
DEFINITIONS = {
    "MTTA": "working time until the team first acknowledged a ticket",
    "Time to workaround": "working time until the reporter first got a workaround or a fix",
    "MTTR": "working time until a ticket was resolved; after a reopening the time goes on",
    "Targets met": "share of the decided SLA targets that were met; waiting on the reporter does not count",
    "Reopened": "share of the resolved tickets that were reopened at least once",
    "First-time fix": "share of the resolved tickets that were never reopened",
    "Net flow": "opened minus closed tickets; called growing or shrinking only when an exact test shows it",
}
METHOD = (
    "Times are working time in the calendar of the severity, as median and 90th percentile. Open tickets count with "
    "their age (Kaplan-Meier). In brackets: 95 % confidence bounds (Wilson)."
)


@dataclass(frozen=True, slots=True)
class DurationMetric:
    """A duration in working minutes, of n tickets of which `ended` have ended; None where too few have."""

    median: float | None
    p90: float | None  # 90th percentile
    n: int
    ended: int


@dataclass(frozen=True, slots=True)
class ShareMetric:
    """A share (0 to 1) of n tickets, with its bounds."""

    interval: Interval
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The metrics of a cohort; a share of no tickets is None."""

    opened: int
    acknowledge: DurationMetric
    workaround: DurationMetric
    resolve: DurationMetric
    acknowledged_in_time: ShareMetric | None
    resolved_in_time: ShareMetric | None
    reopened: ShareMetric | None
    first_fix: ShareMetric | None


def calculate_metrics(cohort: Cohort) -> Metrics:
    """Calculate the metrics of a cohort."""
    return Metrics(
        opened=cohort.opened,
        acknowledge=_duration(kaplan_meier(_survival_counts(cohort.acknowledged_after, cohort.unacknowledged_for))),
        workaround=_duration(kaplan_meier(_survival_counts(cohort.workaround_after, cohort.without_workaround_for))),
        resolve=_duration(resolution_curve(cohort)),
        acknowledged_in_time=share(*cohort.acknowledge_targets),
        resolved_in_time=share(*cohort.resolve_targets),
        reopened=share(cohort.ever_reopened, cohort.ever_resolved),
        first_fix=share(cohort.ever_resolved - cohort.ever_reopened, cohort.ever_resolved),
    )


def resolution_curve(cohort: Cohort) -> SurvivalCurve:
    """Return the Kaplan-Meier curve of the working minutes until resolution."""
    return kaplan_meier(resolution_counts(cohort))


def resolution_counts(cohort: Cohort) -> SurvivalCounts:
    """Return {working minutes: (resolved, censored)}."""
    return _survival_counts(cohort.resolved_after, Counter(cohort.closed_unresolved_after) + Counter(cohort.open_for))


def share(count: int, n: int) -> ShareMetric | None:
    """Return the share of n; None where n is 0."""
    return ShareMetric(wilson_interval(count, n), n) if n else None


def backlog_trend(opened: int, closed: int) -> str:
    """Return `growing`, `shrinking` or, without a significant difference, `steady`."""
    if binomial_test(opened, opened + closed) > SIGNIFICANCE:
        return "steady"
    return "growing" if opened > closed else "shrinking"


def merge_cohorts(cohorts: Iterable[Cohort]) -> Cohort:
    """Return one cohort with the tickets of all of them."""
    whole = Cohort()
    for one in cohorts:
        whole.opened += one.opened
        whole.ever_resolved += one.ever_resolved
        whole.ever_reopened += one.ever_reopened
        whole.acknowledge_targets = _add(whole.acknowledge_targets, one.acknowledge_targets)
        whole.resolve_targets = _add(whole.resolve_targets, one.resolve_targets)
        for name in DURATION_FIELDS:
            times = getattr(whole, name)
            for minutes, count in getattr(one, name).items():
                times[minutes] = times.get(minutes, 0) + count
    return whole


def group_by_dimension(cohorts: Mapping[tuple[str, ...], Cohort], position: int) -> dict[str, Cohort]:
    """Merge the cohorts so that they are grouped only by the dimension at this position of their keys."""
    found: dict[str, list[Cohort]] = {}
    for key, cohort in cohorts.items():
        found.setdefault(key[position], []).append(cohort)
    return {name: merge_cohorts(some) for name, some in found.items()}


DURATION_FIELDS = ("acknowledged_after", "workaround_after", "resolved_after", "closed_unresolved_after",
                   "unacknowledged_for", "without_workaround_for", "open_for")  # fmt: skip


def _add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def _survival_counts(ended: MinuteCounts, censored: MinuteCounts) -> SurvivalCounts:
    return {time: (ended.get(time, 0), censored.get(time, 0)) for time in {*ended, *censored}}


def _duration(curve: SurvivalCurve) -> DurationMetric:
    return DurationMetric(curve.quantile(0.5), curve.quantile(0.9), curve.n, curve.ended)
