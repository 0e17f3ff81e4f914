"""Control charts for daily counts: XmR limits for a single day, and a Poisson CUSUM for a lasting increase.

XmR limits are the mean and 2.66 times the mean moving range (Wheeler 1993). The CUSUM (Page 1954) has the reference
value that detects a doubled rate soonest (Hawkins and Olwell 1998).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log
from statistics import fmean

MIN_DAYS = 8  # of history for XmR limits
MIN_BASELINE_DAYS = 7  # from fewer the baseline rate is provisional
XMR_FACTOR = 2.66


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """The mean of a daily count, and the limits within which it usually lies."""

    mean: float
    low: float
    high: float

    @property
    def counts(self) -> tuple[int, int]:
        """The limits as whole numbers, rounded outwards."""
        return floor(self.low), ceil(self.high)

    def excludes(self, count: int) -> bool:
        """Whether a count lies outside of the limits as they are shown."""
        lowest, highest = self.counts
        return not lowest <= count <= highest


def xmr_limits(history: Sequence[float]) -> ControlLimits | None:
    """Return the XmR limits of daily counts; None when there are too few days."""
    if len(history) < MIN_DAYS:
        return None
    middle = fmean(history)
    reach = XMR_FACTOR * fmean(abs(b - a) for a, b in pairwise(history))
    return ControlLimits(middle, max(0.0, middle - reach), middle + reach)


@dataclass(frozen=True, slots=True)
class ControlAlarm:
    """A rise in daily counts: it began on day `start` (from 0) and was detected on `day`.

    `rate` is the usual count a day; it `is_provisional` while there are too few days to know it.
    """

    start: int
    day: int
    rate: float
    is_provisional: bool


def reference_value(rate: float) -> float:
    """The CUSUM's reference value for a rate and twice that rate."""
    return rate / log(2)


def decision_interval(rate: float) -> float:
    """The CUSUM's alarm level; it gives at most about two false alarms a year, see the tests."""
    return 4.0 if rate < 0.75 else 5.0


def cusum_alarm(counts: Sequence[int], usual: Sequence[int] = ()) -> ControlAlarm | None:
    """Return the alarm that still stands at the end of these daily counts, if any.

    `usual` are the counts of earlier days, which give the baseline rate; without enough of them it is estimated day by
    day from the days before.
    """
    level, start, found = 0, 0, None  # the level in tenths, so that no rounding error misses an alarm
    for day, count in enumerate(counts):
        rate, is_provisional = _baseline_rate(counts[:day], usual)
        if level == 0:
            start = day
        level = max(0, level + 10 * count - round(10 * reference_value(rate)))
        if level == 0:
            found = None
        elif level >= 10 * decision_interval(rate) and found is None:
            found = ControlAlarm(start, day, rate, is_provisional)
    return found


def _baseline_rate(before: Sequence[int], usual: Sequence[int]) -> tuple[float, bool]:
    if len(usual) >= MIN_BASELINE_DAYS:
        return (sum(usual) + 0.5) / (len(usual) + 1), False
    seen = [*usual, *before]
    return (sum(seen) + 0.5) / (len(seen) + 1), len(seen) < MIN_BASELINE_DAYS
