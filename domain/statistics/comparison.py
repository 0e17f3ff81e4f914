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
from domain.statistics.intervals import Interval, difference, wilson
from domain.statistics.survival import Counts, median

FEWEST = 8  # events in both spans together; fewer say nothing


@dataclass(frozen=True, slots=True)
class Ratio:
    """`times` as many a day as before, with 95 % bounds."""

    times: Interval
    now: float
    before: float

    @property
    def differs(self) -> bool:
        return self.times.low > 1 or self.times.high < 1


@dataclass(frozen=True, slots=True)
class RateChange:
    """`by` is how much more it is now than before, with 95 % bounds; all in the figure's own unit."""

    now: float
    before: float
    by: Interval

    @property
    def differs(self) -> bool:
        return self.by.low > 0 or self.by.high < 0


def rates(now: int, days: float, before: int, days_before: float) -> Interval | None:
    """How many times the rate of before that of now is; None when both together are too few."""
    together = now + before
    if together < FEWEST or not days or not days_before:
        return None
    return Interval(*(_times(p, days, days_before) for p in (now / together, *clopper_pearson(now, together))))


def against(now: Iterable[tuple[date, float]], baseline: Iterable[tuple[date, float]]) -> Ratio | None:
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
    times = rates(round(sum(mine)), len(mine), round(sum(same)), len(same))
    return Ratio(times, fmean(mine), fmean(same)) if times else None


def lengths(now: Counts, before: Counts) -> RateChange | None:
    """Medians of how long things take, with what is not done yet; None when one has none or is of too few."""
    if min(sum(ended for ended, _ in counts.values()) for counts in (now, before)) < FEWEST:
        return None
    mine, theirs = median(now), median(before)
    return RateChange(mine.value, theirs.value, difference(mine, theirs)) if mine and theirs else None


def shares(now: tuple[int, int], before: tuple[int, int]) -> RateChange | None:
    """So many of so many, against the same before."""
    if not (now[1] and before[1]) or now[1] + before[1] < FEWEST:
        return None
    mine, theirs = wilson(*now), wilson(*before)
    return RateChange(mine.value, theirs.value, difference(mine, theirs))


def _times(share: float, days: float, days_before: float) -> float:
    return inf if share >= 1 else share * days_before / ((1 - share) * days)
