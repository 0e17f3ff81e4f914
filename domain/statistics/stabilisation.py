"""Reliability growth: whether new defects become fewer, how many remain, and when they are few enough.

Two models of a falling rate are fitted by maximum likelihood to moments t of n defects in an exposure T: Goel-Okumoto
m(t) = a (1 - exp(-b t)) (1979), which expects a finite number a of defects, and Crow-AMSAA m(t) = lambda t^beta (IEC
61164), which expects no end of them. Bounds of Goel-Okumoto are profile likelihood bounds. All rates are per unit of
the exposure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import exp, expm1, fsum, inf, log, sqrt

from domain.statistics.distributions import poisson_at_most

MIN_DEFECTS = 10
CHI_SQUARE_95 = 3.841458820694124  # one degree of freedom
IMPROVING = -1.6448536269514722  # of the Laplace trend, one-sided 5 %
EARLIEST = 1e-9  # share of the exposure; a defect at its very beginning has no logarithm
BAND_STEPS = 48
PRECISION = 1e-13


class NoForecast(StrEnum):
    """Why the data show no stabilisation."""

    TOO_FEW = "too few"
    NOT_FALLING = "not falling"
    NOT_SHOWN = "not shown"  # falling, and within what chance does to a constant rate


@dataclass(frozen=True, slots=True)
class GoelOkumoto:
    """The model m(t) = a (1 - exp(-b t)), or any (a, b) with that meaning."""

    total: float  # a
    decay: float  # b

    def expected(self, at: float) -> float:
        """The number of defects expected until then."""
        return -self.total * expm1(-self.decay * at)

    def between(self, since: float, until: float) -> float:
        return self.total * exp(-self.decay * since) * -expm1(-self.decay * (until - since))

    def intensity(self, at: float) -> float:
        return self.total * self.decay * exp(-self.decay * at)

    def remaining(self, at: float) -> float:
        """The number of defects expected after that."""
        return self.total * exp(-self.decay * at)

    def falls_to(self, rate: float) -> float:
        """Return the exposure at which the intensity is down to that rate; 0 when it always was."""
        return max(0.0, log(self.total * self.decay / rate) / self.decay)


@dataclass(frozen=True, slots=True)
class CrowAmsaa:
    """The model m(t) = lambda t^beta; `unbiased` is beta without its bias in small samples."""

    scale: float  # lambda
    shape: float  # beta
    unbiased: float
    chi_square: float  # 2 sum ln(T / t), on 2 n degrees of freedom when the rate is constant
    p_value: float  # of a constant rate, against a falling one

    def expected(self, at: float) -> float:
        return float(self.scale * at**self.shape)

    def between(self, since: float, until: float) -> float:
        return self.expected(until) - self.expected(since)

    def intensity(self, at: float) -> float:
        return float(self.scale * self.shape * at ** (self.shape - 1))

    def falls_to(self, rate: float) -> float:
        """Return the exposure at which the intensity is down to that rate; infinite when it never is."""
        if self.shape >= 1:
            return inf
        return float((rate / (self.scale * self.shape)) ** (1 / (self.shape - 1)))


@dataclass(frozen=True)
class StabilisationFit:
    """Both models of n defects in an exposure T, with the likelihood region of Goel-Okumoto.

    `likelihood_ratio` compares Goel-Okumoto with a constant rate.
    """

    n: int
    exposure: float
    moments: float  # sum of t
    trend: float
    goel_okumoto: GoelOkumoto
    crow_amsaa: CrowAmsaa
    likelihood_ratio: float

    @cached_property
    def region(self) -> tuple[GoelOkumoto, ...]:
        """The rim of the 95 % likelihood region of (a, b)."""
        best = self.goel_okumoto
        floor = self._profile(best.decay) - CHI_SQUARE_95 / 2
        low = _crossing(lambda b: self._profile(b) - floor, best.decay, 1 / 2)
        high = _crossing(lambda b: self._profile(b) - floor, best.decay, 2)
        rim = list[GoelOkumoto]()
        for step in range(BAND_STEPS + 1):
            decay = low * (high / low) ** (step / BAND_STEPS)
            middle = self.n / -expm1(-decay * self.exposure)
            for factor in (1 / 2, 2):
                rim.append(GoelOkumoto(self._total_at(decay, middle, floor, factor), decay))
        return tuple(rim)

    def band(self, at: float) -> tuple[float, float]:
        """Return the 95 % bounds of the number of defects that Goel-Okumoto expects until then."""
        values = [one.expected(at) for one in self.region]
        return min(values), max(values)

    @cached_property
    def upper_total(self) -> float:
        """The 95 % upper bound of all defects there will be."""
        return max(one.total for one in self.region)

    @property
    def remaining(self) -> float:
        return self.goel_okumoto.total - self.n

    @property
    def upper_remaining(self) -> float:
        return self.upper_total - self.n

    def pessimistic_intensity(self) -> float:
        """The present rate of the model that expects more."""
        return max(self.goel_okumoto.intensity(self.exposure), self.crow_amsaa.intensity(self.exposure))

    def falls_to(self, rate: float) -> tuple[float, float]:
        """Return the exposures at which both models are down to that rate, the sooner one first."""
        first, second = self.goel_okumoto.falls_to(rate), self.crow_amsaa.falls_to(rate)
        return min(first, second), max(first, second)

    def _likelihood(self, total: float, decay: float) -> float:
        return self.n * log(total * decay) - decay * self.moments + total * expm1(-decay * self.exposure)

    def _profile(self, decay: float) -> float:
        """The likelihood of b with the a that fits it best."""
        return self._likelihood(self.n / -expm1(-decay * self.exposure), decay)

    def _total_at(self, decay: float, middle: float, floor: float, factor: float) -> float:
        if self._likelihood(middle, decay) <= floor:  # at both ends of the region, where it is one point
            return middle
        return _crossing(lambda a: self._likelihood(a, decay) - floor, middle, factor)


def laplace_trend(moments: Sequence[float], exposure: float) -> float:
    """Return the Laplace trend of moments within an exposure; under -1.645 they become significantly rarer."""
    n = len(moments)
    return _laplace(n, fsum(moments), exposure)


def fit_stabilisation(moments: Sequence[float], exposure: float) -> StabilisationFit | NoForecast:
    """Fit both models to the moments of defects, each within the exposure, or return why nothing is shown."""
    inside = [min(max(one, exposure * EARLIEST), exposure) for one in moments]
    n, total = len(inside), fsum(inside)
    if n < MIN_DEFECTS or exposure <= 0:
        return NoForecast.TOO_FEW
    trend = _laplace(n, total, exposure)
    decay = falling_decay(n, total, exposure)
    if decay is None:
        return NoForecast.NOT_FALLING
    logarithms = fsum(log(exposure / one) for one in inside)
    goel = GoelOkumoto(n / -expm1(-decay * exposure), decay)
    ratio = 2 * (n * log(goel.total * decay) - decay * total - n - (n * log(n / exposure) - n))
    if ratio <= CHI_SQUARE_95:
        return NoForecast.NOT_SHOWN
    shape = n / logarithms
    crow = CrowAmsaa(n / exposure**shape, shape, (n - 1) / n * shape, 2 * logarithms,
                     poisson_at_most(n - 1, logarithms))  # fmt: skip
    return StabilisationFit(n, exposure, total, trend, goel, crow, ratio)


def falling_decay(n: int, moments: float, exposure: float) -> float | None:
    """Return the b of Goel-Okumoto from the number of defects and the sum of their moments.

    It exists if and only if the Laplace trend is negative; else None.
    """
    if n == 0 or moments >= n * exposure / 2:
        return None
    low = high = 1 / exposure

    def score(decay: float) -> float:
        return n / decay - n * exposure * _over_expm1(decay * exposure) - moments

    while score(low) <= 0 and low > 1e-12 / exposure:
        low /= 2
    while score(high) > 0:
        high *= 2
    return _bisect(score, low, high)


def _laplace(n: int, total: float, exposure: float) -> float:
    return (total / exposure - n / 2) / sqrt(n / 12) if n else 0.0


def _over_expm1(x: float) -> float:
    """1 / (e^x - 1), and 0 where e^x is too large."""
    return 1 / expm1(x) if x < 700 else 0.0


def _crossing(height: Callable[[float], float], inside: float, factor: float) -> float:
    """Return where a curve that is positive inside falls to zero, going by that factor."""
    outside = inside * factor
    for _ in range(200):
        if height(outside) <= 0:
            break
        inside, outside = outside, outside * factor
    return _bisect(height, inside, outside)


def _bisect(falling: Callable[[float], float], positive: float, negative: float) -> float:
    """Return the root between a place where the function is positive and one where it is not."""
    for _ in range(100):
        middle = (positive + negative) / 2
        if abs(positive - negative) <= PRECISION * abs(middle):
            break
        positive, negative = (middle, negative) if falling(middle) > 0 else (positive, middle)
    return (positive + negative) / 2
