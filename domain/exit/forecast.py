"""The forecast of new defects of a phase: their moments in an exposure, both models, and dates.

The exposure is the use of the system where it is known: days weighted by the share of people who used it, in days at
the use of the last week. Otherwise it is calendar days.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isfinite

from domain.statistics.stabilisation import NoForecast, StabilisationFit, fit_stabilisation

DAY = timedelta(days=1)
PRESENT_DAYS = 7  # whose mean is the present use
LONGEST = 366.0  # days ahead for which a date is said


@dataclass(frozen=True, slots=True)
class Exposure:
    """The exposure by day since the start; `is_use` where it is weighted by use."""

    start: datetime
    lengths: Sequence[float]  # of each day
    is_use: bool

    def until(self, at: datetime) -> float:
        """Return the exposure from the start until then."""
        days = max(0.0, (at - self.start) / DAY)
        whole = min(int(days), len(self.lengths))
        rest = days - whole
        length = self.lengths[whole] if whole < len(self.lengths) else 1.0
        return sum(self.lengths[:whole]) + rest * length


@dataclass(frozen=True, slots=True)
class DefectForecast:
    """The forecast at a moment; `fit` says why if there is none. `curve` is (end of day, number found until then)."""

    fit: StabilisationFit | NoForecast
    n: int
    unconfirmed: int
    exposure: Exposure
    until: datetime
    target: float  # new defects a day
    curve: Sequence[tuple[datetime, int]]

    def falls_on(self, exposure: float) -> date | None:
        """Return the date of that exposure at the present use; None if it is too far away."""
        ahead = exposure - self.exposure.until(self.until)
        return (self.until + max(0.0, ahead) * DAY).date() if isfinite(ahead) and ahead <= LONGEST else None


def exposure_since(start: datetime, days: Sequence[date], use: Mapping[date, float]) -> Exposure:
    """Return the exposure of whole days; by use only if it is known and not zero for each of them."""
    known = [use.get(day, 0.0) for day in days]
    if not known or min(known) <= 0:
        return Exposure(start, [1.0] * len(days), is_use=False)
    present = sum(known[-PRESENT_DAYS:]) / len(known[-PRESENT_DAYS:])
    return Exposure(start, [one / present for one in known], is_use=True)


def forecast_defects(
    moments: Sequence[datetime], exposure: Exposure, until: datetime, target: float, unconfirmed: int = 0
) -> DefectForecast:
    """Forecast new defects from when each one was found."""
    found = [one for one in moments if exposure.start <= one <= until]
    fit = fit_stabilisation([exposure.until(one) for one in found], exposure.until(until))
    ordered = sorted(found)
    ends = [exposure.start + (n + 1) * DAY for n in range(int((until - exposure.start) / DAY))]
    curve = [(end, bisect_left(ordered, end)) for end in ends]
    return DefectForecast(fit, len(found), unconfirmed, exposure, until, target, curve)
