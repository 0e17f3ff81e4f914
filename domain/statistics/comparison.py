"""Compare counts, shares and durations of two periods, each with 95 % confidence bounds.

Two counts are compared by the exact conditional test (given their sum, the first is binomial). Shares and medians are
compared by their own intervals (Newcombe 1998, method 10; Zou and Donner 2008).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import inf
from statistics import fmean

from domain.statistics.distributions import clopper_pearson
from domain.statistics.intervals import Interval, newcombe_difference, wilson_interval
from domain.statistics.survival import SurvivalCounts, median_duration

MIN_EVENTS = 8  # in both periods together; fewer show nothing


@dataclass(frozen=True, slots=True)
class RateRatio:
    """The daily rate now and before, and how many times as high it is now, with 95 % bounds."""

    ratio: Interval
    now: float
    before: float

    @property
    def differs(self) -> bool:
        return self.ratio.low > 1 or self.ratio.high < 1


@dataclass(frozen=True, slots=True)
class MetricChange:
    """A metric now and before, and their difference with 95 % bounds, all in the metric's own unit."""

    now: float
    before: float
    difference: Interval

    @property
    def differs(self) -> bool:
        return self.difference.low > 0 or self.difference.high < 0


def rate_ratio(now: int, days: float, before: int, days_before: float) -> Interval | None:
    """The rate now divided by the rate before, with 95 % Clopper-Pearson bounds; None with too few events."""
    together = now + before
    if together < MIN_EVENTS or not days or not days_before:
        return None
    return Interval(
        *(_ratio_from_share(p, days, days_before) for p in (now / together, *clopper_pearson(now, together)))
    )


def compare_daily_counts(now: Iterable[tuple[date, float]], baseline: Iterable[tuple[date, float]]) -> RateRatio | None:
    """Compare the counts of days with those of earlier days, on the weekdays that both have.

    None when there are too few events, or when a weekday of `now` is missing in the baseline.
    """
    here, there = [*now], [*baseline]
    weekdays = {day.weekday() for day, _ in here}
    if weekdays - {day.weekday() for day, _ in there}:
        return None
    same = [value for day, value in there if day.weekday() in weekdays]
    mine = [value for _, value in here]
    if not mine or not same:
        return None
    ratio = rate_ratio(round(sum(mine)), len(mine), round(sum(same)), len(same))
    return RateRatio(ratio, fmean(mine), fmean(same)) if ratio else None


def compare_medians(now: SurvivalCounts, before: SurvivalCounts) -> MetricChange | None:
    """Compare two median durations, with censored ones; None when either has no median or too few ended."""
    if min(sum(ended for ended, _ in counts.values()) for counts in (now, before)) < MIN_EVENTS:
        return None
    mine, theirs = median_duration(now), median_duration(before)
    return MetricChange(mine.value, theirs.value, newcombe_difference(mine, theirs)) if mine and theirs else None


def compare_shares(now: tuple[int, int], before: tuple[int, int]) -> MetricChange | None:
    """Compare two shares, each (count, total), from 0 to 1; None when there are too few."""
    if not (now[1] and before[1]) or now[1] + before[1] < MIN_EVENTS:
        return None
    mine, theirs = wilson_interval(*now), wilson_interval(*before)
    return MetricChange(mine.value, theirs.value, newcombe_difference(mine, theirs))


def _ratio_from_share(share: float, days: float, days_before: float) -> float:
    return inf if share >= 1 else share * days_before / ((1 - share) * days)
