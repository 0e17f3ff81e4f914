"""An alarm for counts that fall more slowly than they should: likelihood ratios of a rate that rose or stays lately.

All counts are expected to fall as in the model of Goel and Okumoto, less on days of rest, and each part with its own
height. The alarm compares that with a higher rate since one of the last days, and with a fall that stopped on one of
them (the generalized likelihood ratio of Siegmund and Venkatraman 1995, used for counts by Höhle and Paul 2008). Fall,
heights and day are all estimated from the counts, so what is not known of them is allowed for. So is how much more the
counts vary than by chance: one cause brings several reports.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from math import exp, fsum, inf, log, log1p
from operator import mul

from domain.statistics.control_charts import ControlAlarm
from domain.statistics.stabilisation import CHI_SQUARE_95, MIN_DEFECTS

MAX_DAYS = 42  # that are read; what was before says little about a fall of today
MIN_FIT_DAYS = 7  # before the first change that is looked for
WEEK = FIT_DELAY = 7  # days at the end that do not say whether the counts fall
LOOK_BACK = 14  # days in which a change is looked for
MIN_RISE_DAYS, MIN_STOP_DAYS = 3, 5  # for how long at least; one busy day is no relapse
LEVEL, LEVEL_STEP, FEW = 3.3, 0.3, 6.0  # of the ratio, which grows where more than a few are expected in a week
ESTIMATED = 4  # numbers: a height, the fall, the days of rest, the change
LEAST_MEAN = 0.05  # of a day, where its variance is asked for
STEPS = 40  # at most, of Newton's method
PRECISION = 1e-7


@dataclass(frozen=True)
class Fall:
    """Daily counts that became fewer, and the fit of their fall.

    `weights` is 1 for each day but a day of rest, and `first` the first of the days that are read.
    """

    first: int
    counts: Sequence[int]
    weights: Sequence[float]
    decay: float

    @property
    def days(self) -> int:
        return len(self.weights)

    @cached_property
    def n(self) -> int:
        return sum(self.counts)

    @cached_property
    def moments(self) -> float:
        return _moments(self.counts)

    @cached_property
    def shares(self) -> Sequence[float]:
        """The share of all counts that is expected on each day."""
        return _expected(self.weights, self.decay)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of counts that fall: the logarithm of its likelihood ratio, since when, and the rate expected.

    `ratio` is less where the counts vary more than by chance alone.
    """

    ratio: float
    since: int
    rate: float


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
    return Fall(first, seen, weights, decay)


def relapse_alarm(counts: Sequence[int], fall: Fall, parts: int = 0) -> ControlAlarm | None:
    """Return the alarm at the end of these counts, which are all that fell, or one of so many parts of them."""
    changes = (strongest_rise(counts, fall), strongest_stop(counts, fall))
    found = max(changes, key=lambda one: one.ratio - alarm_level(WEEK * one.rate, parts))
    if found.ratio < alarm_level(WEEK * found.rate, parts):
        return None
    return ControlAlarm(fall.first + found.since, len(counts) - 1, found.rate, is_provisional=False)


def strongest_rise(counts: Sequence[int], fall: Fall) -> Change:
    """Return the higher rate of the highest likelihood."""
    return _strongest(_changes(counts, fall, fall.days + 1 - MIN_RISE_DAYS, stops=False))


def strongest_stop(counts: Sequence[int], fall: Fall) -> Change:
    """Return the fall that stopped of the highest likelihood."""
    return _strongest(_changes(counts, fall, fall.days + 1 - MIN_STOP_DAYS, stops=True))


def _strongest(changes: Iterator[Change]) -> Change:
    return max(changes, key=lambda one: one.ratio, default=Change(0.0, 0, 0.0))


def _changes(counts: Sequence[int], fall: Fall, until: int, *, stops: bool) -> Iterator[Change]:
    """Yield the change on each day that can have one."""
    seen = counts[fall.first :]
    sums, shares = [0, *accumulate(seen)], [0.0, *accumulate(fall.shares)]
    for since in range(max(MIN_FIT_DAYS, fall.days - LOOK_BACK), until):
        if sums[-1] - sums[since] > sums[-1] * (1 - shares[since]):  # else fewer came since then than were expected
            yield _change(fall, seen, since, stops=stops)


def alarm_level(usual: float, parts: int = 0) -> float:
    """Return the level of the likelihood ratio, from what is expected of a week, and how many parts are watched.

    The limits are simulated, see docs/performance.md. Where many are expected, a relapse reaches a high level as well.
    """
    level = LEVEL + LEVEL_STEP * log(max(usual, FEW) / FEW)
    return level + (log(5 * parts) if parts else 0.0)  # most of the false alarms that are allowed are left to the whole


def _change(fall: Fall, counts: Sequence[int], since: int, *, stops: bool) -> Change:
    """Return a rise since that day, or a fall that stops, of all of `fall` or of the part that these counts are."""
    n, later, stop = sum(counts), sum(counts[since:]), float(since) if stops else inf
    others, moments = fall.n - n, fall.moments - _moments(counts) + _moments(counts, stop)
    pieces = [(n, 0, fall.days)] if stops else [(n - later, 0, since), (later, since, fall.days)]

    def slope(decay: float) -> tuple[float, float]:
        height = curvature = 0.0
        if others:
            _, mean, variance = _spread(fall.weights, decay)
            height, curvature = others * mean, others * variance
        for count, first, last in pieces:
            _, mean, variance = _spread(fall.weights, decay, first, last, stop)
            height, curvature = height + count * mean, curvature + count * variance
        return height - moments, curvature

    decay = _highest(slope, fall.decay)
    height_of_others = others / _spread(fall.weights, decay)[0]
    heights = [count / _spread(fall.weights, decay, first, last, stop)[0] for count, first, last in pieces]
    before = _expected(fall.weights, decay, heights[0], stop=stop)
    changed = before if stops else [*before[:since], *_expected(fall.weights, decay, heights[1])[since:]]
    rest = _expected(fall.weights, decay, height_of_others)
    usual = _expected(fall.weights, decay, heights[0])[since:]
    raised = heights[-1] > heights[0] or stops
    ratio = _gain(counts, changed, [n * one for one in fall.shares]) if raised else 0.0
    if others and raised:
        mine = [whole - one for whole, one in zip(fall.counts, counts, strict=True)]
        ratio += _gain(mine, rest, [others * one for one in fall.shares])
    else:
        mine = []
    cells = [*zip(counts, changed, strict=True), *zip(mine, rest, strict=False)]
    return Change(_less_for_dispersion(ratio, cells), since, sum(usual) / len(usual))


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
    weights: Sequence[float], decay: float, first: int = 0, last: int | None = None, stop: float = inf
) -> tuple[float, float, float]:  # fmt: skip
    """Return the sum of the weights times exp(-decay t) over those days, and the mean and variance of t.

    The moment t grows until `stop` only.
    """
    times = _times(len(weights), stop)[first:last]
    expected = [weight * exp(-decay * at) for weight, at in zip(weights[first:last], times, strict=True)]
    area = sum(expected)
    moments = [*map(mul, expected, times)]
    mean = sum(moments) / area
    return area, mean, sum(map(mul, moments, times)) / area - mean * mean


@lru_cache(maxsize=256)
def _times(days: int, stop: float) -> tuple[float, ...]:
    """Return the middle of each day, which is no later than `stop`."""
    return tuple(min(day + 0.5, stop) for day in range(days))


def _expected(weights: Sequence[float], decay: float, height: float | None = None, stop: float = inf) -> list[float]:
    """Return what is expected of each day; without a height its share of all."""
    curve = [weight * exp(-decay * at) for weight, at in zip(weights, _times(len(weights), stop), strict=True)]
    height = 1 / sum(curve) if height is None else height
    return [height * one for one in curve]


def _gain(counts: Sequence[int], changed: Sequence[float], usual: Sequence[float]) -> float:
    """Return how much likelier counts are with a change, as a logarithm; both expect as many in all."""
    return sum(count * log(new / old) for count, new, old in zip(counts, changed, usual, strict=True) if count)


def _less_for_dispersion(ratio: float, cells: Sequence[tuple[int, float]]) -> float:
    """Return the ratio as it would be if the variance were known, from counts and what the change expects of them.

    Where the variance is estimated, the ratio of two regressions has an F distribution, and this is its logarithm.
    """
    if ratio <= 0:
        return 0.0
    freedom = len(cells) - ESTIMATED
    squares = sum((count - mean) ** 2 / max(mean, LEAST_MEAN) for count, mean in cells)
    return freedom / 2 * log1p(2 * ratio / max(freedom, squares))


def _moments(counts: Sequence[int], stop: float = inf) -> float:
    return fsum(map(mul, counts, _times(len(counts), stop)))
