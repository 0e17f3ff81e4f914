"""How long things take when some are not done yet: the product-limit estimate (Kaplan and Meier 1958).

Leaving out what is still open would make every figure better than it is, since that is what takes longest. The bounds
of a median are Brookmeyer and Crowley's (1982), from Greenwood's variance on the scale of log(-log), and exact where
nothing is left; of fewer than six there is no upper one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, inf, log, sqrt

from domain.statistics.intervals import Z_95, Interval

TAIL = 0.025  # on either side
SurvivalCounts = Mapping[float, tuple[int, int]]  # by time: how many ended then, and how many were only watched so long


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """`steps` are (time, share that takes longer), by time; `n` is how many it is made of, `ended` how many ended."""

    steps: tuple[tuple[float, float], ...]
    n: int
    ended: int

    def quantile(self, share: float) -> float | None:
        """The time after which that share has ended; None when fewer have by the time that was watched."""
        return next((time for time, left in self.steps if left <= 1 - share + 1e-12), None)

    def left(self, time: float) -> float:
        """The share that takes longer than that."""
        return next((left for at, left in reversed(self.steps) if at <= time), 1.0)


def count_durations(ended: Iterable[float], watched: Iterable[float]) -> SurvivalCounts:
    """From single times: of what ended, and of what had not ended when it was last looked at."""
    found: dict[float, tuple[int, int]] = {}
    for position, times in enumerate((ended, watched)):
        for time in times:
            pair = found.get(time, (0, 0))
            found[time] = (pair[0] + 1, pair[1]) if position == 0 else (pair[0], pair[1] + 1)
    return found


def kaplan_meier(counts: SurvivalCounts) -> SurvivalCurve:
    """What was watched until a time was at risk at it, as is usual."""
    at_risk = sum(ended + watched for ended, watched in counts.values())
    n, left, steps = at_risk, 1.0, list[tuple[float, float]]()
    for time in sorted(counts):
        ended, watched = counts[time]
        if ended:
            left *= 1 - ended / at_risk
            steps.append((time, left))
        at_risk -= ended + watched
    return SurvivalCurve(tuple(steps), n, sum(ended for ended, _ in counts.values()))


def median_duration(counts: SurvivalCounts) -> Interval | None:
    """The median with its 95 % bounds, the upper one without end where too few ended; None when there is no median."""
    n = at_risk = sum(ended + watched for ended, watched in counts.values())
    spread, low, high = 0.0, inf, inf
    found, left = kaplan_meier(counts).quantile(0.5), 1.0
    if found is None:
        return None
    for time in sorted(counts):
        ended, watched = counts[time]
        if ended:
            left *= 1 - ended / at_risk
            spread += ended / (at_risk * (at_risk - ended)) if at_risk > ended else 0.0
            least, most = _bounds(left, spread) if left > 0 else (0.0, 1 - TAIL ** (1 / n))
            low, high = min(low, time if least <= 0.5 else inf), min(high, time if most <= 0.5 else inf)
        at_risk -= ended + watched
    return Interval(found, min(low, found), max(high, found))


def _bounds(left: float, spread: float) -> tuple[float, float]:
    """95 % of a share that is left, with Greenwood's sum."""
    reach = Z_95 * sqrt(spread) / log(left)
    return left ** exp(-reach), left ** exp(reach)
