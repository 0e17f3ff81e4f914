"""Durations of which some have not ended yet (censored): the Kaplan-Meier estimate (1958).

Leaving out open tickets would make every duration look better than it is, since those take longest. The bounds of a
median are Brookmeyer and Crowley's (1982), from Greenwood's variance on the log(-log) scale, and exact where none are
left; where fewer than six ended there is no upper bound.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, inf, log, sqrt

from domain.statistics.intervals import Z_95, Interval

TAIL = 0.025  # probability beyond either bound
SurvivalCounts = Mapping[float, tuple[int, int]]  # by duration: (how many ended, how many were censored)


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """`steps` are (time, share that takes longer), by time; `n` is the number of durations, `ended` how many ended."""

    steps: tuple[tuple[float, float], ...]
    n: int
    ended: int

    def quantile(self, share: float) -> float | None:
        """The time by which that share has ended; None when fewer have ended so far."""
        return next((time for time, left in self.steps if left <= 1 - share + 1e-12), None)

    def survival_at(self, time: float) -> float:
        """The share that takes longer than `time`."""
        return next((left for at, left in reversed(self.steps) if at <= time), 1.0)


def count_durations(ended: Iterable[float], censored: Iterable[float]) -> SurvivalCounts:
    """Count single durations: those that ended, and those that were still running (censored)."""
    found: dict[float, tuple[int, int]] = {}
    for position, times in enumerate((ended, censored)):
        for time in times:
            pair = found.get(time, (0, 0))
            found[time] = (pair[0] + 1, pair[1]) if position == 0 else (pair[0], pair[1] + 1)
    return found


def kaplan_meier(counts: SurvivalCounts) -> SurvivalCurve:
    """Return the Kaplan-Meier curve; a duration censored at a time was at risk at that time."""
    at_risk = sum(ended + censored for ended, censored in counts.values())
    n, left, steps = at_risk, 1.0, list[tuple[float, float]]()
    for time in sorted(counts):
        ended, censored = counts[time]
        if ended:
            left *= 1 - ended / at_risk
            steps.append((time, left))
        at_risk -= ended + censored
    return SurvivalCurve(tuple(steps), n, sum(ended for ended, _ in counts.values()))


def median_duration(counts: SurvivalCounts) -> Interval | None:
    """Return the median with 95 % bounds, the upper one infinite where too few ended; None when there is no median."""
    at_risk = sum(ended + censored for ended, censored in counts.values())
    variance, low, high = 0.0, inf, inf
    curve, left = kaplan_meier(counts), 1.0
    found = curve.quantile(0.5)
    if found is None:
        return None
    for time in sorted(counts):
        ended, censored = counts[time]
        if ended:
            left *= 1 - ended / at_risk
            variance += ended / (at_risk * (at_risk - ended)) if at_risk > ended else 0.0
            # A duration censored early says next to nothing about the end, so the exact bound counts what ended.
            least, most = _bounds(left, variance) if left > 0 else (0.0, 1 - TAIL ** (1 / curve.ended))
            low, high = min(low, time if least <= 0.5 else inf), min(high, time if most <= 0.5 else inf)
        at_risk -= ended + censored
    return Interval(found, min(low, found), max(high, found))


def _bounds(left: float, variance: float) -> tuple[float, float]:
    """The 95 % bounds of a survival share, with Greenwood's sum."""
    reach = Z_95 * sqrt(variance) / log(left)
    return left ** exp(-reach), left ** exp(reach)
