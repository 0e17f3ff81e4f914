"""95 % confidence intervals of shares, NPS and means, and whether a change between two of them is shown.

Wilson's interval for shares (1927), with n* = n (N - 1) / (N - n) in a finite population (O'Neill 2021); Newcombe's for
differences (1998, method 10); the adjusted Wald interval for NPS (Rocks 2016); Student's t for means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import comb, inf, sqrt
from statistics import NormalDist

from domain.statistics.distributions import beta_quantile

Z_95 = NormalDist().inv_cdf(0.975)
TAIL = 0.025  # of a two-sided 95 % interval


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its lower and upper bound, in the value's own unit."""

    value: float
    low: float
    high: float

    def scaled(self, factor: float) -> "Interval":
        return Interval(self.value * factor, self.low * factor, self.high * factor)


class Verdict(StrEnum):
    """What can be said about the change between two waves."""

    UP = "up"
    DOWN = "down"
    SAME = "no change shown"
    TOO_FEW = "too few"


def wilson_interval(successes: int, n: int, population: int | None = None) -> Interval:
    """The share of successes among n (0 to 1) with Wilson bounds; `population` is how many were asked, if known."""
    if n == 0:
        return Interval(0.0, 0.0, 1.0)
    share, many = successes / n, _effective_sample_size(n, population)
    if many == inf:
        return Interval(share, share, share)
    middle = share + Z_95**2 / (2 * many)
    half = Z_95 * sqrt(share * (1 - share) / many + Z_95**2 / (4 * many**2))
    scale = 1 + Z_95**2 / many
    return Interval(share, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def newcombe_difference(now: Interval, before: Interval) -> Interval:
    """The difference of two values with their intervals (Newcombe), in their unit."""
    change = now.value - before.value
    low = change - sqrt((now.value - now.low) ** 2 + (before.high - before.value) ** 2)
    high = change + sqrt((now.high - now.value) ** 2 + (before.value - before.low) ** 2)
    return Interval(change, low, high)


def nps_interval(promoters: int, detractors: int, n: int, population: int | None = None) -> Interval:
    """The net promoter score, from -100 to 100, with adjusted Wald bounds (three answers are added)."""
    if n == 0:
        return Interval(0.0, -100.0, 100.0)
    many = n + 3
    promoting, detracting = (promoters + 0.75) / many, (detractors + 0.75) / many
    middle = promoting - detracting
    half = Z_95 * sqrt((promoting + detracting - middle**2) / many) * _population_correction(n, population)
    value = (promoters - detractors) / n
    if half == 0:
        middle = value
    # Where nearly the whole population answered, the three added answers would move the bounds past the value.
    low, high = max(-1, min(value, middle - half)), min(1, max(value, middle + half))
    return Interval(100 * value, 100 * low, 100 * high)


def mean_interval(n: int, total: float, squares: float, population: int | None = None) -> Interval:
    """The mean of n scores from 0 to 100, given their sum and sum of squares, with Student's t bounds."""
    if n < 2:
        return Interval(total, 0.0, 100.0)
    found = student_interval(n, total, squares, population)
    return Interval(found.value, max(0.0, found.low), min(100.0, found.high))


def median_interval(values: Sequence[float]) -> Interval | None:
    """Return the median with its 95 % interval from order statistics; the bounds are the range below six values."""
    if not values:
        return None
    ordered, n = sorted(values), len(values)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    below, rank = 0.0, 0
    while below + comb(n, rank) / 2**n <= TAIL:  # P(fewer than rank + 1 of n values are below the median)
        below += comb(n, rank) / 2**n
        rank += 1
    place = max(rank, 1)
    return Interval(middle, ordered[place - 1], ordered[n - place])


def student_interval(n: int, total: float, squares: float, population: int | None = None) -> Interval:
    """The mean of n values (at least 2), given their sum and sum of squares, with Student's t bounds."""
    middle = total / n
    spread = max(0.0, (squares - n * middle**2) / (n - 1))
    half = student_t_quantile(n - 1) * sqrt(spread / n) * _population_correction(n, population)
    return Interval(middle, middle - half, middle + half)


def change_verdict(changed: Interval, *, enough: bool) -> Verdict:
    """UP or DOWN only where the interval of the difference excludes zero; TOO_FEW where there are too few answers."""
    if not enough:
        return Verdict.TOO_FEW
    if changed.low > 0:
        return Verdict.UP
    return Verdict.DOWN if changed.high < 0 else Verdict.SAME


def umux_lite(ease: int, needs: int) -> float:
    """The UMUX-Lite score from 0 to 100, from ease of use and meeting needs, each 1 to 7 (Lewis et al. 2013)."""
    return (ease + needs - 2) * 100 / 12


def _effective_sample_size(n: int, population: int | None) -> float:
    """The number of answers from an infinite population that would be as informative."""
    if population is None or population < n:
        return n
    return n * (population - 1) / (population - n) if population > n else inf


def _population_correction(n: int, population: int | None) -> float:
    """The finite population correction of a standard error."""
    if population is None or population < n:
        return 1.0
    return sqrt((population - n) / (population - 1)) if population > 1 else 0.0


@lru_cache(maxsize=256)
def student_t_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t, from that of the beta distribution (Abramowitz and Stegun 26.5.27)."""
    share = beta_quantile(0.05, degrees / 2, 0.5)
    return sqrt(degrees * (1 - share) / share)
