"""Honest numbers: 95 % intervals of shares, scores and means, and whether a change is shown at all.

Wilson's interval for shares (1927), with n* = n (N - 1) / (N - n) in a finite crowd (O'Neill 2021); Newcombe's for the
difference of two (1998, method 10); the adjusted Wald interval for net promoters (Rocks 2016); Student's for means.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf, sqrt
from statistics import NormalDist

Z_95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its bounds, in the value's own unit."""

    value: float
    low: float
    high: float

    def scaled(self, factor: float) -> "Interval":
        return Interval(self.value * factor, self.low * factor, self.high * factor)


class Verdict(StrEnum):
    """What may be said of two waves."""

    UP = "up"
    DOWN = "down"
    SAME = "no change shown"
    FEW = "too few"


def wilson_interval(successes: int, n: int, crowd: int | None = None) -> Interval:
    """The share of successes among n, of a crowd of so many where that is known; 0 to 1. Of nobody nothing is known."""
    if n == 0:
        return Interval(0.0, 0.0, 1.0)
    share, many = successes / n, _effective_sample_size(n, crowd)
    if many == inf:
        return Interval(share, share, share)
    middle = share + Z_95**2 / (2 * many)
    half = Z_95 * sqrt(share * (1 - share) / many + Z_95**2 / (4 * many**2))
    scale = 1 + Z_95**2 / many
    return Interval(share, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def newcombe_difference(now: Interval, before: Interval) -> Interval:
    """How much a figure has changed, each given with its own interval."""
    change = now.value - before.value
    low = change - sqrt((now.value - now.low) ** 2 + (before.high - before.value) ** 2)
    high = change + sqrt((now.high - now.value) ** 2 + (before.value - before.low) ** 2)
    return Interval(change, low, high)


def nps_interval(promoters: int, detractors: int, n: int, crowd: int | None = None) -> Interval:
    """Promoters minus detractors of all who answered, -100 to 100; its bounds are those of three more answers."""
    if n == 0:
        return Interval(0.0, -100.0, 100.0)
    many = n + 3
    for_it, against = (promoters + 0.75) / many, (detractors + 0.75) / many
    middle = for_it - against
    half = Z_95 * sqrt((for_it + against - middle**2) / many) * _population_correction(n, crowd)
    value = (promoters - detractors) / n
    if half == 0:
        middle = value
    # Of a crowd that nearly all answered, the three added ones would move the bounds past the value itself.
    low, high = max(-1, min(value, middle - half)), min(1, max(value, middle + half))
    return Interval(100 * value, 100 * low, 100 * high)


def mean_interval(n: int, total: float, squares: float, crowd: int | None = None) -> Interval:
    """The mean of n numbers with that sum and sum of squares, from 0 to 100; of fewer than two nothing is sure."""
    if n < 2:
        return Interval(total, 0.0, 100.0)
    middle = total / n
    spread = max(0.0, (squares - n * middle**2) / (n - 1))
    half = _student_t_quantile(n - 1) * sqrt(spread / n) * _population_correction(n, crowd)
    return Interval(middle, max(0.0, middle - half), min(100.0, middle + half))


def change_verdict(changed: Interval, *, enough: bool) -> Verdict:
    """Only what is surely more or less than nothing is called a change."""
    if not enough:
        return Verdict.FEW
    if changed.low > 0:
        return Verdict.UP
    return Verdict.DOWN if changed.high < 0 else Verdict.SAME


def umux_lite(ease: int, needs: int) -> float:
    """Ease of use and meeting needs, each 1 to 7, as one score from 0 to 100."""
    return (ease + needs - 2) * 100 / 12


def _effective_sample_size(n: int, crowd: int | None) -> float:
    """So many answers of an endless crowd would say as much."""
    if crowd is None or crowd < n:
        return n
    return n * (crowd - 1) / (crowd - n) if crowd > n else inf


def _population_correction(n: int, crowd: int | None) -> float:
    """What is left of a standard error when n of the crowd were asked."""
    if crowd is None or crowd < n:
        return 1.0
    return sqrt((crowd - n) / (crowd - 1)) if crowd > 1 else 0.0


def _student_t_quantile(freedom: int) -> float:
    """The 97.5 % point of Student's t (Abramowitz and Stegun 26.7.5), within a hundredth from four degrees on."""
    z, v = Z_95, freedom
    return (z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
            + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4))  # fmt: skip
