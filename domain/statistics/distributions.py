"""Exact tails of the binomial, beta and Poisson distributions.

SciPy would need more memory than the whole bot, so it is a test dependency only. The incomplete beta function is
evaluated by its continued fraction with Lentz's algorithm (DLMF 8.17.22).
"""

from collections.abc import Callable
from math import exp, fsum, lgamma, log, log1p

MIN_DENOMINATOR, TOLERANCE, MAX_ITERATIONS = 1e-300, 1e-15, 10_000


def beta_cdf(x: float, a: float, b: float) -> float:
    """The probability that a beta variable with shapes a and b is at most x (regularised incomplete beta function)."""
    if not 0 < x < 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges faster for the other tail
        return 1 - beta_cdf(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front * _continued_fraction(x, a, b)


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x at which beta_cdf is p, from 0 to 1."""
    return _find_root(lambda x: beta_cdf(x, a, b) - p, 0.0, 1.0)


def binomial_at_least(k: int, n: int, p: float) -> float:
    """The probability of k or more successes in n trials, each with probability p."""
    if k <= 0:
        return 1.0
    return 0.0 if k > n else beta_cdf(p, k, n - k + 1)


def binomial_test(k: int, n: int) -> float:
    """The two-sided exact p-value of k successes in n trials under a probability of one half."""
    larger = max(k, n - k)
    return min(1.0, 2 * binomial_at_least(larger, n, 0.5)) if larger * 2 > n else 1.0


def poisson_at_most(k: int, mean: float) -> float:
    """The probability of k or fewer events where `mean` are expected; summed as logarithms against underflow."""
    if mean <= 0:
        return 1.0
    return min(1.0, fsum(exp(i * log(mean) - mean - lgamma(i + 1)) for i in range(k + 1)))


def clopper_pearson(k: int, n: int, alpha: float = 0.05) -> tuple[float, float]:
    """The exact confidence bounds of k of n, from 0 to 1 (Clopper and Pearson 1934)."""
    low = beta_quantile(alpha / 2, k, n - k + 1) if k else 0.0
    high = beta_quantile(1 - alpha / 2, k + 1, n - k) if k < n else 1.0
    return low, high


def _continued_fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, _away_from_zero(1 - (a + b) * x / (a + 1))
    d = 1 / d
    value = d
    for m in range(1, MAX_ITERATIONS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _away_from_zero(1 + even * d), _away_from_zero(1 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _away_from_zero(1 + odd * d), _away_from_zero(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < TOLERANCE:
            break
    return value


def _away_from_zero(value: float) -> float:
    """The value, or a tiny one instead of zero, since it is a divisor."""
    return value if abs(value) > MIN_DENOMINATOR else MIN_DENOMINATOR


def _find_root(increasing: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if increasing(middle) < 0 else (low, middle)
    return (low + high) / 2
