"""What is out of the ordinary: limits for a day's count (XmR), and a rate that has risen for good (Poisson CUSUM).

XmR: mean and 2.66 times the mean moving range (Wheeler). CUSUM: Page 1954; its reference value is the one that tells a
rate from twice that rate soonest (Hawkins and Olwell 1998).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from statistics import fmean

MIN_DAYS = 8  # days before limits mean something
MIN_BASELINE_DAYS = 7  # days; from fewer the rate is a guess
XMR_FACTOR = 2.66


@dataclass(frozen=True, slots=True)
class ControlLimits:
    mean: float
    low: float
    high: float

    def beyond(self, value: float) -> bool:
        return not self.low <= value <= self.high


def xmr_limits(history: Sequence[float]) -> ControlLimits | None:
    """Where a count of such days usually lies; None when they are too few."""
    if len(history) < MIN_DAYS:
        return None
    middle = fmean(history)
    reach = XMR_FACTOR * fmean(abs(b - a) for a, b in pairwise(history))
    return ControlLimits(middle, max(0.0, middle - reach), middle + reach)


@dataclass(frozen=True, slots=True)
class ControlAlarm:
    """Counts that have risen: `start` is the day (from 0) on which it began, `day` the one on which it was noticed.

    `rate` is what was usual a day, `learning` that it is only a guess.
    """

    start: int
    day: int
    rate: float
    learning: bool


def reference_value(rate: float) -> float:
    """Between a rate and twice that rate."""
    return rate / log(2)


def decision_interval(rate: float) -> float:
    """Where an alarm is due: false ones come about twice a year at most, see the tests."""
    return 4.0 if rate < 0.75 else 5.0


def cusum_alarm(counts: Sequence[int], usual: Sequence[int] = ()) -> ControlAlarm | None:
    """The alarm that still stands at the end of these days' counts, if any.

    `usual` are counts of days before, which tell the rate; without enough of them it is learnt on the way, each day
    from those before it.
    """
    level, start, found = 0.0, 0, None
    for day, count in enumerate(counts):
        rate, learning = _baseline_rate(counts[:day], usual)
        if level == 0:
            start = day
        level = max(0.0, level + count - round(reference_value(rate), 1))
        if level == 0:
            found = None
        elif level >= decision_interval(rate) and found is None:
            found = ControlAlarm(start, day, rate, learning)
    return found


def _baseline_rate(before: Sequence[int], usual: Sequence[int]) -> tuple[float, bool]:
    if len(usual) >= MIN_BASELINE_DAYS:
        return (sum(usual) + 0.5) / (len(usual) + 1), False
    seen = [*usual, *before]
    return (sum(seen) + 0.5) / (len(seen) + 1), len(seen) < MIN_BASELINE_DAYS
