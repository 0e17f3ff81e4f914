"""An alarm for counts that fall more slowly than they should: a Poisson CUSUM against the rate that a fit expects.

Goel-Okumoto is fitted each day to the counts until a week before, so that a relapse does not teach the expectation.
The level is the log-likelihood ratio of twice the expected rate (Page 1954; Hawkins and Olwell 1998).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import exp, expm1, log, sqrt

from domain.statistics.control_charts import ControlAlarm
from domain.statistics.stabilisation import CHI_SQUARE_95, MIN_DEFECTS, GoelOkumoto, falling_decay

MIN_FIT_DAYS = 7  # that the first fit sees
FIT_DELAY = 7  # days before a day that its fit does not see
ALARM_LEVEL = 5.0  # simulated: a false alarm in less than one in ten quiet phases, see the tests
ALLOWANCE = 2 / 3  # standard errors that are added to the logarithm of the expected rate
MAX_ERROR = 1.5  # of the logarithm


@dataclass(frozen=True, slots=True)
class ExpectedRate:
    """The rate that was expected of a day, of all reports, from the `n` reports of the first `days`."""

    rate: float
    n: int
    days: int


def expected_rates(counts: Sequence[int]) -> list[ExpectedRate | None] | None:
    """Return the expected rate of each day, None for the first two weeks; None if the counts are not falling."""
    sums = list(accumulate(counts, initial=0))
    moments = list(accumulate((count * (day + 0.5) for day, count in enumerate(counts)), initial=0.0))
    if len(counts) <= FIT_DELAY + MIN_FIT_DAYS:
        return None
    found, fit = list[ExpectedRate | None](), None
    for day in range(len(counts)):
        days = day - FIT_DELAY
        if days < MIN_FIT_DAYS:
            found.append(None)
            continue
        fit = _fit(sums[days], moments[days], days)
        found.append(ExpectedRate(_rate(fit, sums[days], days, day + 0.5), sums[days], days))
    return found if fit else None


def relapse_alarm(counts: Sequence[int], expected: Sequence[ExpectedRate | None]) -> ControlAlarm | None:
    """Return the alarm that still stands at the end of these counts, which are some or all of the reports.

    A part of the reports is expected to fall like all of them, with the share that it had.
    """
    sums = list(accumulate(counts, initial=0))
    level, start, found = 0.0, 0, None
    for day, (count, usual) in enumerate(zip(counts, expected, strict=True)):
        if usual is None:
            continue
        rate = usual.rate * (sums[usual.days] + 0.5) / (usual.n + 0.5)
        if level == 0:
            start = day
        level = max(0.0, level + count * log(2) - rate)
        if level == 0:
            found = None
        elif level >= ALARM_LEVEL and found is None:
            found = ControlAlarm(start, day, rate, is_provisional=False)
    return found


@lru_cache(maxsize=1024)
def _fit(n: int, moments: float, days: int) -> GoelOkumoto | None:
    """Fit daily counts, if they fall significantly."""
    decay = falling_decay(n, moments, days) if n >= MIN_DEFECTS else None
    if decay is None:
        return None
    model = GoelOkumoto(n / -expm1(-decay * days), decay)
    ratio = 2 * (n * log(model.total * decay) - decay * moments - n * log(n / days))
    return model if ratio > CHI_SQUARE_95 else None


def _rate(fit: GoelOkumoto | None, n: int, days: int, at: float) -> float:
    """The expected rate of a moment with its allowance; the mean so far without a fit, and never more than that."""
    mean = n / days
    if fit is None:
        return mean
    error = min(MAX_ERROR, _error_of_log_rate(fit, n, days, at))
    return min(mean, fit.intensity(at) * exp(ALLOWANCE * error))


def _error_of_log_rate(fit: GoelOkumoto, n: int, days: int, at: float) -> float:
    """The standard error of ln(a b) - b t, from the Fisher information of a and b."""
    left = exp(-fit.decay * days)
    of_total, of_both = (1 - left) / fit.total, days * left
    of_decay = n / fit.decay**2 - fit.total * days**2 * left
    determinant = of_total * of_decay - of_both**2
    if determinant <= 0:
        return MAX_ERROR
    by_total, by_decay = 1 / fit.total, 1 / fit.decay - at
    square = by_total**2 * of_decay - 2 * by_total * by_decay * of_both + by_decay**2 * of_total
    return sqrt(max(0.0, square / determinant))
