"""Against how it was before: how many times as many, and whether that is shown at all.

Two counts in two spans of time are compared by the exact conditional test: given both together, the first is binomial.
Shares and medians are compared by their own bounds, as Newcombe does it (1998, method 10; Zou and Donner 2008).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import inf
from statistics import fmean

from domain.statistics.distributions import clopper_pearson
from domain.statistics.intervals import Interval, newcombe_difference, wilson_interval
from domain.statistics.survival import SurvivalCounts, median_duration

MIN_EVENTS = 8  # events in both spans together; fewer say nothing


@dataclass(frozen=True, slots=True)
class RateRatio:
    """`times` as many a day as before, with 95 % bounds."""

    times: Interval
    now: float
    before: float

    @property
    def differs(self) -> bool:
        return self.times.low > 1 or self.times.high < 1


@dataclass(frozen=True, slots=True)
class MetricChange:
    """`by` is how much more it is now than before, with 95 % bounds; all in the figure's own unit."""

    now: float
    before: float
    by: Interval

    @property
    def differs(self) -> bool:
        return self.by.low > 0 or self.by.high < 0


def rate_ratio(now: int, days: float, before: int, days_before: float) -> Interval | None:
    """How many times the rate of before that of now is; None when both together are too few."""
    together = now + before
    if together < MIN_EVENTS or not days or not days_before:
        return None
    return Interval(
        *(_ratio_from_share(p, days, days_before) for p in (now / together, *clopper_pearson(now, together)))
    )


def compare_daily_counts(now: Iterable[tuple[date, float]], baseline: Iterable[tuple[date, float]]) -> RateRatio | None:
    """Days against earlier ones, on the weekdays that both have. Values are counts of a day.

    None when they are too few, or when a weekday that counts now was never looked at before.
    """
    here, there = [*now], [*baseline]
    weekdays = {day.weekday() for day, _ in here}
    if weekdays - {day.weekday() for day, _ in there}:
        return None
    same = [value for day, value in there if day.weekday() in weekdays]
    mine = [value for _, value in here]
    if not mine or not same:
        return None
    times = rate_ratio(round(sum(mine)), len(mine), round(sum(same)), len(same))
    return RateRatio(times, fmean(mine), fmean(same)) if times else None


def compare_medians(now: SurvivalCounts, before: SurvivalCounts) -> MetricChange | None:
    """Medians of how long things take, with what is not done yet; None when one has none or is of too few."""
    if min(sum(ended for ended, _ in counts.values()) for counts in (now, before)) < MIN_EVENTS:
        return None
    mine, theirs = median_duration(now), median_duration(before)
    return MetricChange(mine.value, theirs.value, newcombe_difference(mine, theirs)) if mine and theirs else None


def compare_shares(now: tuple[int, int], before: tuple[int, int]) -> MetricChange | None:
    """So many of so many, against the same before."""
    if not (now[1] and before[1]) or now[1] + before[1] < MIN_EVENTS:
        return None
    mine, theirs = wilson_interval(*now), wilson_interval(*before)
    return MetricChange(mine.value, theirs.value, newcombe_difference(mine, theirs))


def _ratio_from_share(share: float, days: float, days_before: float) -> float:
    return inf if share >= 1 else share * days_before / ((1 - share) * days)
