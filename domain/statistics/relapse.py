"""An alarm for counts that fall more slowly than they should: likelihood ratios of a rate that rose or stays lately.

All counts are expected to fall as in the model of Goel and Okumoto, less on days of rest, and each part with its own
height. The alarm compares that with the same fall and twice the rate since one of the last days, and with a fall that
stopped on one of them (the generalized likelihood ratio of Siegmund and Venkatraman 1995). Fall, height and day are all
estimated from the counts, so what is not known of them is allowed for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, inf, log

from domain.statistics.control_charts import ControlAlarm
from domain.statistics.stabilisation import CHI_SQUARE_95, MIN_DEFECTS

MAX_DAYS = 42  # that are read; what was before says little about a fall of today
MIN_FIT_DAYS = 7  # before the first change that is looked for
FIT_DELAY = 7  # days at the end that do not say whether the counts fall
LOOK_BACK = 14  # days in which a change is looked for
RISE = 2.0  # times the expected rate
LOWEST_LEVEL, LEVEL_STEP, HIGHEST_LEVEL = 1.6, 0.77, 4.7  # of a rise
STOP_LEVEL, MIN_STOP_DAYS = 3.5, 3  # of a fall that stopped, and for how long at least
STEPS = 40  # at most, of Newton's method
PRECISION = 1e-8


@dataclass(frozen=True, slots=True)
class Fall:
    """Daily counts that became fewer: their number and the sum of their moments, and the fit of their fall.

    `weights` is 1 for each day but a day of rest, and `first` the first of the days that are read.
    """

    first: int
    n: int
    moments: float
    weights: Sequence[float]
    decay: float

    @property
    def days(self) -> int:
        return len(self.weights)

    def share(self, since: int) -> float:
        """The share of all counts that is expected from that day on."""
        return _spread(self.weights, self.decay, since)[0] / _spread(self.weights, self.decay)[0]


def fit_fall(counts: Sequence[int], rest: Sequence[bool] = ()) -> Fall | None:
    """Fit the fall of daily counts; None unless they fell significantly until a week ago.

    `rest` says of each day whether it is one of rest, on which fewer are expected.
    """
    first = max(0, len(counts) - MAX_DAYS)
    seen, resting = counts[first:], rest[first:]
    before = max(0, len(seen) - FIT_DELAY)
    if before < MIN_FIT_DAYS or not _falls(seen[:before], resting[:before]):
        return None
    weights, decay = _fit(seen, resting)
    return Fall(first, sum(seen), _moments(seen), weights, decay)


def relapse_alarm(counts: Sequence[int], fall: Fall, parts: int = 0) -> ControlAlarm | None:
    """Return the alarm at the end of these counts, which are all that fell, or one of so many parts of them."""
    usual = sum(counts[fall.first :]) * fall.share(fall.days - FIT_DELAY)
    level, rise, stop = alarm_level(usual, parts), strongest_rise(counts, fall), strongest_stop(counts, fall)
    if rise[0] < level and stop[0] < STOP_LEVEL + _of_parts(parts):
        return None
    _, since, rate = rise if rise[0] >= level else stop
    return ControlAlarm(fall.first + since, len(counts) - 1, rate, is_provisional=False)


def strongest_rise(counts: Sequence[int], fall: Fall) -> tuple[float, int, float]:
    """Return the highest logarithm of the ratio for a higher rate, the day since when, and the rate expected."""
    return max(_ratios(counts, fall, fall.days, stops=False), default=(0.0, 0, 0.0))


def strongest_stop(counts: Sequence[int], fall: Fall) -> tuple[float, int, float]:
    """Return the highest logarithm of the ratio for a fall that stopped, the day since when, and the rate expected."""
    return max(_ratios(counts, fall, fall.days + 1 - MIN_STOP_DAYS, stops=True), default=(0.0, 0, 0.0))


def _ratios(counts: Sequence[int], fall: Fall, until: int, *, stops: bool) -> Iterator[tuple[float, int, float]]:
    """Yield the logarithm of the likelihood ratio, the day, and the rate expected, of each day that can raise it."""
    seen = counts[fall.first :]
    sums = [0, *accumulate(seen)]
    for since in range(max(MIN_FIT_DAYS, fall.days - LOOK_BACK), until):
        if sums[-1] - sums[since] > sums[-1] * fall.share(since):  # else fewer came since then than were expected
            ratio, rate = _likelihood_ratio(fall, seen, since, stops=stops)
            yield ratio, since, rate


def alarm_level(usual: float, parts: int = 0) -> float:
    """Return the level of the likelihood ratio, from what is expected of a week, and how many parts are watched.

    The limits are simulated, see docs/reports.md. Few counts reach a high level less often by chance.
    """
    level = LOWEST_LEVEL + LEVEL_STEP * log(max(usual, 1.0))
    return min(HIGHEST_LEVEL, level) + _of_parts(parts)


def _of_parts(parts: int) -> float:
    return log(5 * parts) if parts else 0.0  # most of the false alarms that are allowed are left to the whole


def _likelihood_ratio(fall: Fall, counts: Sequence[int], since: int, *, stops: bool) -> tuple[float, float]:
    """Return the logarithm of the ratio for a rise since that day, or for a fall that stops, and the rate expected.

    These counts are all of `fall`, or those of the part of it that rose or stopped.
    """
    n, later, stop = sum(counts), sum(counts[since:]), float(since) if stops else inf
    others, moments, rise = fall.n - n, fall.moments - _moments(counts) + _moments(counts, stop), 1 if stops else RISE
    raised = [weight * (rise if day >= since else 1.0) for day, weight in enumerate(fall.weights)]

    def slope(decay: float) -> tuple[float, float]:
        _, mean, variance = _spread(fall.weights, decay)
        _, mean_of_part, variance_of_part = _spread(raised, decay, stop=stop)
        return others * mean + n * mean_of_part - moments, others * variance + n * variance_of_part

    decay = _highest(slope, fall.decay)
    area, area_of_part = _spread(fall.weights, decay)[0], _spread(raised, decay, stop=stop)[0]
    alternative = later * log(rise) - decay * moments - others * log(area) - n * log(area_of_part)
    usual = -fall.decay * fall.moments - fall.n * log(_spread(fall.weights, fall.decay)[0])
    expected = n / area_of_part * _spread(fall.weights, decay, since)[0]
    return alternative - usual, expected / (fall.days - since)


def _fit(counts: Sequence[int], rest: Sequence[bool]) -> tuple[list[float], float]:
    """Return the weight of each day and the decay, both by maximum likelihood."""
    n, moments, weights, decay = sum(counts), _moments(counts), [1.0] * len(counts), 0.0
    on_rest = sum(count for count, rests in zip(counts, rest, strict=False) if rests)
    for _ in range(STEPS):

        def slope(at: float, weights: Sequence[float] = weights) -> tuple[float, float]:
            _, mean, variance = _spread(weights, at)
            return n * mean - moments, n * variance

        last, decay = decay, _highest(slope, decay)
        if not any(rest) or abs(decay - last) <= 1e-4 * decay:
            break
        usual = [exp(-decay * (day + 0.5)) for day in range(len(counts))]
        resting = sum(one for one, rests in zip(usual, rest, strict=True) if rests)
        weight = (on_rest + 0.5) / resting / ((n - on_rest + 0.5) / max(1e-9, sum(usual) - resting))
        weights = [weight if rests else 1.0 for rests in rest]
    return weights, decay


def _falls(counts: Sequence[int], rest: Sequence[bool]) -> bool:
    """Return whether counts fall significantly, against a constant rate."""
    n = sum(counts)
    if n < MIN_DEFECTS:
        return False
    weights, decay = _fit(counts, rest)
    ratio = n * log(_spread(weights, 0.0)[0] / _spread(weights, decay)[0]) - decay * _moments(counts)
    return decay > 0 and 2 * ratio > CHI_SQUARE_95


def _highest(slope: Callable[[float], tuple[float, float]], start: float) -> float:
    """Return where a concave function is highest from 0 on, from its slope and the negative of its curvature."""
    low, high, at = 0.0, 0.0, start
    for _ in range(STEPS):
        height, curvature = slope(at)
        if height <= 0 and at == 0:
            return 0.0
        low, high = (at, high) if height > 0 else (low, at)
        step = at + height / curvature if curvature > 0 else -1.0
        if not low <= step or (high and step >= high):
            step = (low + high) / 2 if high else 2 * at + 0.1
        if abs(step - at) <= PRECISION:
            return step
        at = step
    return at


def _spread(
    weights: Sequence[float], decay: float, since: int = 0, stop: float = inf
) -> tuple[float, float, float]:  # fmt: skip
    """Return the sum of the weights times exp(-decay t) from that day on, and the mean and variance of t.

    The moment t grows until `stop` only.
    """
    area = first = second = 0.0
    for day in range(since, len(weights)):
        at = min(day + 0.5, stop)
        one = weights[day] * exp(-decay * at)
        area += one
        first += one * at
        second += one * at * at
    mean = first / area
    return area, mean, second / area - mean * mean


def _moments(counts: Sequence[int], stop: float = inf) -> float:
    return sum(count * min(day + 0.5, stop) for day, count in enumerate(counts))
