"""What scipy, statsmodels and lifelines say, in the terms of domain/statistics.

They take seconds to load, so that only the tests that compare with them import this module, while they run.
"""

import warnings
from collections.abc import Sequence
from functools import lru_cache
from math import inf

import numpy as np
from lifelines import KaplanMeierFitter
from scipy import special, stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import test_poisson_2indep as poisson_test
from statsmodels.stats.weightstats import DescrStatsW

Bounds = tuple[float, float]
Watched = tuple[tuple[float, bool], ...]  # (time, whether it ended then)


def beta_cdf(x: float, a: float, b: float) -> float:
    return float(special.betainc(a, b, x))


def binomial_at_least(k: int, n: int, p: float) -> float:
    return float(stats.binom.sf(k - 1, n, p))


def binomial_test(k: int, n: int) -> float:
    return float(stats.binomtest(k, n).pvalue)


def poisson_at_most(k: int, mean: float) -> float:
    return float(stats.poisson.cdf(k, mean))


def two_sided(z: float) -> float:
    return float(2 * stats.norm.sf(abs(z)))


def clopper_pearson(k: int, n: int, alpha: float) -> Bounds:
    return _pair(proportion_confint(k, n, alpha=alpha, method="beta"))


def wilson(k: float, n: float) -> Bounds:
    return _pair(proportion_confint(k, n, method="wilson"))


def newcombe(k: int, n: int, k_before: int, n_before: int) -> Bounds:
    return _pair(confint_proportions_2indep(k, n, k_before, n_before, method="newcomb", compare="diff"))


def student(values: Sequence[float]) -> Bounds:
    return _pair(DescrStatsW(values).tconfint_mean())


def weighted(values: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """The mean, and the standard error of it when the weights are numbers of answers."""
    found = DescrStatsW(values, weights=weights)
    return float(found.mean), float(np.sqrt(found.var / found.sum_weights))


def normal(chance: float) -> float:
    return float(stats.norm.ppf(chance))


def rate_ratio_chance(now: int, days: float, before: int, days_before: float, times: float, side: str) -> float:
    """How likely so many now, or more ("larger") or fewer ("smaller"), are when the rates differ by that factor."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the ratio to no reports is without end
        found = poisson_test(now, days, before, days_before, value=times, method="exact-cond", alternative=side)
    return float(found.pvalue)


def false_discoveries(chances: Sequence[float], rate: float) -> list[bool]:
    return [bool(one) for one in multipletests(chances, alpha=rate, method="fdr_bh")[0]]


def adjusted_residuals(table: Sequence[Sequence[int]]) -> Sequence[Sequence[float]]:
    return [[float(one) for one in row] for row in Table(np.array(table), shift_zeros=False).standardized_resids]


@lru_cache(maxsize=512)
def product_limit(watched: Watched) -> list[tuple[float, float, float, float]]:
    """(time, share left, lower bound, upper bound) for each time at which something ended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bounds where all or nothing is left
        found = KaplanMeierFitter().fit([time for time, _ in watched], [ended for _, ended in watched])
    shares, bounds = found.survival_function_["KM_estimate"], found.confidence_interval_survival_function_
    times = sorted({time for time, ended in watched if ended})
    return [(time, float(shares[time]), *map(float, bounds.loc[time])) for time in times]


def median(watched: Watched) -> tuple[float, float, float] | None:
    """Where the curve and its bounds cross one half; at its end the bound is that of none of what ended."""
    steps, ended = product_limit(watched), sum(ended for _, ended in watched)
    at_end = proportion_confint(0, ended, method="beta") if ended else (0.0, 1.0)
    steps = [(time, left, *(bounds if left > 1e-12 else at_end)) for time, left, *bounds in steps]
    found = _first(steps, 1)
    return None if found == inf else (found, min(found, _first(steps, 2)), max(found, _first(steps, 3)))


def permutation_chance(mine: Sequence[int], theirs: Sequence[int]) -> tuple[float, float]:
    """(mean, chance of as many) of meetings over all ways to pair the days of one week."""

    def meetings(order: np.ndarray) -> float:
        return float(sum((int(a) & b).bit_count() for a, b in zip(order, theirs, strict=True)))

    found = stats.permutation_test((mine,), meetings, permutation_type="pairings", vectorized=False,
                                   n_resamples=inf, alternative="greater")  # fmt: skip
    return float(np.mean(found.null_distribution)), float(found.pvalue)


def shifted_counts(places: Sequence[int], counts: Sequence[int], after: int) -> list[int]:
    """How many reports lie in the windows after the marks, for each circular shift of all marks."""
    window = np.zeros(len(counts), dtype=int)
    for place in places:
        window[np.arange(place, place + after) % len(counts)] = 1
    return [int(np.dot(np.roll(window, shift), counts)) for shift in range(len(counts))]


def recaptures(total: int, users: int, testers: int) -> list[tuple[int, float]]:
    """(found by both, chance) when so many of the total are found by each, independently."""
    found = stats.hypergeom(total, users, testers)
    low, high = map(int, found.support())
    return [(both, float(found.pmf(both))) for both in range(low, high + 1)]


def _first(steps: Sequence[tuple[float, ...]], column: int) -> float:
    """The first time at which a value is one half or less, equal but for rounding included."""
    return next((step[0] for step in steps if step[column] <= 0.5 + 1e-10), inf)


def _pair(bounds: Sequence[float]) -> Bounds:
    return float(bounds[0]), float(bounds[1])
