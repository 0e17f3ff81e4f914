"""The metrics of a phase and what each of them means; times count what is not done yet, shares carry their bounds."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.reporting.figures import Cohort, MinuteCounts
from domain.statistics.distributions import binomial_test
from domain.statistics.intervals import Interval, wilson_interval
from domain.statistics.survival import SurvivalCounts, SurvivalCurve, kaplan_meier

SIGNIFICANCE = 0.05  # a difference as large comes by chance less often than that
DEFINITIONS = {
    "MTTA": "from a report until somebody of the team acknowledged it, for the first time",
    "To workaround": "until its reporter was first told of a fix or a way around",
    "MTTR": "until it was resolved for good; one that was reopened goes on",
    "Targets met": "targets kept, of those that are decided; time in which the reporter is asked does not count",
    "Reopened": "of what was called resolved at least once, what was reopened at least once",
    "First-time fix": "of what was called resolved at least once, what was never reopened",
    "Net flow": "reports opened less reports closed; different only where an exact test says so",
}
METHOD = (
    "Times are working time of the severity's calendar, as median and as the time within which nine of ten are done; "
    "what is still open counts with its age (Kaplan-Meier). In brackets: 95 % bounds (Wilson)."
)


@dataclass(frozen=True, slots=True)
class DurationMetric:
    """How long something takes, in working minutes; None where it has not happened to so many yet."""

    median: float | None
    most: float | None  # nine of ten take no longer
    n: int
    ended: int


@dataclass(frozen=True, slots=True)
class ShareMetric:
    """A share with its bounds, of n."""

    interval: Interval
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Of what was opened in a span of time; shares are None of nothing."""

    opened: int
    acknowledge: DurationMetric
    workaround: DurationMetric
    resolve: DurationMetric
    acknowledged_in_time: ShareMetric | None
    resolved_in_time: ShareMetric | None
    reopened: ShareMetric | None
    first_fix: ShareMetric | None


def calculate_metrics(cohort: Cohort) -> Metrics:
    return Metrics(
        opened=cohort.opened,
        acknowledge=_duration(kaplan_meier(_survival_counts(cohort.acknowledged, cohort.unseen))),
        workaround=_duration(kaplan_meier(_survival_counts(cohort.worked_around, cohort.stuck))),
        resolve=_duration(resolution_curve(cohort)),
        acknowledged_in_time=share(*cohort.acknowledge),
        resolved_in_time=share(*cohort.resolve),
        reopened=share(cohort.reopened, cohort.fixed),
        first_fix=share(cohort.fixed - cohort.reopened, cohort.fixed),
    )


def resolution_curve(cohort: Cohort) -> SurvivalCurve:
    """How much is not resolved after so many working minutes."""
    return kaplan_meier(resolution_counts(cohort))


def resolution_counts(cohort: Cohort) -> SurvivalCounts:
    """By working minutes: how many were resolved then, and how many were only watched so long."""
    return _survival_counts(cohort.resolved, Counter(cohort.unresolved) + Counter(cohort.unfinished))


def share(count: int, n: int) -> ShareMetric | None:
    return ShareMetric(wilson_interval(count, n), n) if n else None


def backlog_trend(opened: int, closed: int) -> str:
    """Whether the backlog grows or shrinks, as far as the two counts show it."""
    if binomial_test(opened, opened + closed) > SIGNIFICANCE:
        return "steady"
    return "growing" if opened > closed else "shrinking"


def merge_cohorts(cohorts: Iterable[Cohort]) -> Cohort:
    """All of them as one."""
    whole = Cohort()
    for one in cohorts:
        whole.opened += one.opened
        whole.fixed += one.fixed
        whole.reopened += one.reopened
        whole.acknowledge = (whole.acknowledge[0] + one.acknowledge[0], whole.acknowledge[1] + one.acknowledge[1])
        whole.resolve = (whole.resolve[0] + one.resolve[0], whole.resolve[1] + one.resolve[1])
        for name in DURATION_FIELDS:
            times = getattr(whole, name)
            for minutes, count in getattr(one, name).items():
                times[minutes] = times.get(minutes, 0) + count
    return whole


def group_by_dimension(cohorts: Mapping[tuple[str, ...], Cohort], side: int) -> dict[str, Cohort]:
    """Told apart by one of their sides only."""
    found: dict[str, list[Cohort]] = {}
    for key, cohort in cohorts.items():
        found.setdefault(key[side], []).append(cohort)
    return {name: merge_cohorts(some) for name, some in found.items()}


DURATION_FIELDS = ("acknowledged", "worked_around", "resolved", "unresolved", "unseen", "stuck", "unfinished")


def _survival_counts(ended: MinuteCounts, watched: MinuteCounts) -> SurvivalCounts:
    return {time: (ended.get(time, 0), watched.get(time, 0)) for time in {*ended, *watched}}


def _duration(found: SurvivalCurve) -> DurationMetric:
    return DurationMetric(found.quantile(0.5), found.quantile(0.9), found.n, found.ended)
