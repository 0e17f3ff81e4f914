"""Simulations: how often each 95 % interval holds, and how often the alarm for falling reports is right and wrong.

Truths are drawn anew for each run, as phases differ. `python -m bench intervals` runs them thousands of times.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from domain.exit.readiness import upper_rate
from domain.statistics import comparison, intervals, survival
from domain.statistics.intervals import Interval, wilson_interval
from domain.statistics.relapse import fit_fall, relapse_alarm
from domain.statistics.stabilisation import StabilisationFit, fit_stabilisation

Holds = bool | None  # whether the interval holds the truth; None where it was refused
SHARES = (0.4, 0.3, 0.15, 0.1, 0.05)  # of five modules
EDGE = 1e-9
FIRST_LOOK = 14  # days after which a fall can be known


def _holds(truth: float, found: Interval | None) -> Holds:
    return None if found is None else found.low - EDGE <= truth <= found.high + EDGE


def share(chance: Generator) -> Holds:
    truth, n = chance.uniform(0.02, 0.98), int(chance.integers(10, 200))
    return _holds(truth, wilson_interval(int(chance.binomial(n, truth)), n))


def share_of_asked(chance: Generator) -> Holds:
    size = int(chance.integers(40, 400))
    good, n = int(chance.integers(1, size)), int(chance.integers(20, size - 10))
    return _holds(good / size, wilson_interval(int(chance.hypergeometric(good, size - good, n)), n, size))


def change_of_share(chance: Generator) -> Holds:
    truths, sizes = chance.uniform(0.05, 0.95, 2), chance.integers(15, 150, 2)
    now, before = (wilson_interval(int(chance.binomial(n, p)), int(n)) for p, n in zip(truths, sizes, strict=True))
    return _holds(truths[0] - truths[1], intervals.newcombe_difference(now, before))


def net_promoters(chance: Generator) -> Holds:
    parts, n = chance.dirichlet((2, 2, 2)), int(chance.integers(20, 200))
    up, _, down = (int(one) for one in chance.multinomial(n, parts))
    return _holds(100 * (parts[0] - parts[2]), intervals.nps_interval(up, down, n))


def mean_score(chance: Generator) -> Holds:
    weights, n = chance.dirichlet([1.5] * 11), int(chance.integers(20, 200))
    scores = [float(one) for one in chance.choice(11, n, p=weights) * 10.0]
    found = intervals.mean_interval(n, sum(scores), sum(one * one for one in scores))
    return _holds(float(10 * weights @ np.arange(11)), found)


def median_of_all(chance: Generator) -> Holds:
    """Durations of decisions, none of which is open."""
    values = chance.lognormal(0, 1, int(chance.integers(6, 60)))
    return _holds(1.0, intervals.median_interval([float(one) for one in values]))


def _durations(chance: Generator, scale: float) -> survival.SurvivalCounts:
    """Tickets of which some are still open: the watch of each ended at a time that has nothing to do with it."""
    n = int(chance.integers(20, 150))
    took, watched = chance.lognormal(np.log(scale), 1, n), chance.uniform(0.5, 8, n) * scale
    pairs = [*zip(took, watched, strict=True)]
    return survival.count_durations((float(a) for a, b in pairs if a <= b), (float(b) for a, b in pairs if a > b))


def median_with_open(chance: Generator) -> Holds:
    return _holds(5.0, survival.median_duration(_durations(chance, 5.0)))


def change_of_median(chance: Generator) -> Holds:
    now, before = chance.uniform(1, 10, 2)
    found = comparison.compare_medians(_durations(chance, now), _durations(chance, before))
    return _holds(now - before, found.difference if found else None)


def ratio_of_rates(chance: Generator) -> Holds:
    (now, before), (days, days_before) = chance.uniform(0.2, 6, 2), chance.integers(7, 28, 2)
    counts = [int(chance.poisson(rate * n)) for rate, n in ((now, days), (before, days_before))]
    found = comparison.rate_ratio(counts[0], int(days), counts[1], int(days_before))
    return _holds(now / before, found)


def critical_rate(chance: Generator) -> Holds:
    """One bound, of which 95 % are above the truth."""
    rate, days = chance.uniform(0.05, 1.5), int(chance.integers(5, 15))
    return rate <= upper_rate(int(chance.poisson(rate * days)), days)


def _fitted(chance: Generator) -> tuple[StabilisationFit, float, float] | None:
    total, decay = chance.uniform(30, 150), chance.uniform(0.1, 0.2)
    moments = [float(x) for x in chance.exponential(1 / decay, chance.poisson(total)) if x < 14]
    found = fit_stabilisation(moments, 14)
    return (found, total, decay) if isinstance(found, StabilisationFit) else None


def all_defects(chance: Generator) -> Holds:
    """The upper bound of all defects that there will be."""
    found = _fitted(chance)
    return found[0].upper_total >= found[1] if found else None


def defects_so_far(chance: Generator) -> Holds:
    """The band of the curve, at a day of the chart."""
    found, at = _fitted(chance), float(chance.uniform(1, 14))
    if found is None:
        return None
    fit, total, decay = found
    return _holds(-total * np.expm1(-decay * at), Interval(0, *fit.band(at)))


INTERVALS: dict[str, Callable[[Generator], Holds]] = {
    "share (Wilson)": share, "share of the people asked (Wilson, finite)": share_of_asked,
    "difference of shares (Newcombe)": change_of_share, "net promoters (adjusted Wald)": net_promoters,
    "mean score (Student)": mean_score, "median of ended durations (order statistics)": median_of_all,
    "median with open tickets (Brookmeyer and Crowley)": median_with_open,
    "difference of medians (Zou and Donner)": change_of_median, "ratio of rates (Clopper-Pearson)": ratio_of_rates,
    "upper bound of a rate (Garwood)": critical_rate,
    "upper bound of all defects (profile likelihood)": all_defects,
    "band of the stabilisation curve (likelihood region)": defects_so_far,
}  # fmt: skip


def coverage(name: str, runs: int, seed: int) -> tuple[float, float]:
    """Return the share of shown intervals that hold the truth, and the share of runs without one."""
    chance = np.random.default_rng(seed)
    found = [INTERVALS[name](chance) for _ in range(runs)]
    shown = [one for one in found if one is not None]
    return sum(shown) / len(shown), 1 - len(shown) / runs


@dataclass(frozen=True, slots=True)
class FallingPhase:
    """Reports of a phase that begins on a Monday and becomes quiet: how they fall, and how they vary."""

    start: float  # reports a day at the beginning
    decay: float  # a day
    weekend: float = 1.0  # of a day of rest, against a working day
    days: int = 28
    dispersion: float = 1.0  # variance of a day's reports over their mean

    def __str__(self) -> str:
        shape = f"{self.start:g} e^-{self.decay:g}t in {self.days // 7} weeks, {self.weekend:.0%} at weekends"
        return f"{shape}, variance {self.dispersion:g} times the mean"

    @property
    def rest(self) -> list[bool]:
        return [day % 7 >= 5 for day in range(self.days)]

    @property
    def falling(self) -> np.ndarray:
        return self.start * np.exp(-self.decay * (np.arange(self.days) + 0.5))

    def rates(self, falling: np.ndarray) -> np.ndarray:
        return falling * np.where(self.rest, self.weekend, 1.0) * 7 / (5 + 2 * self.weekend)

    def counts(self, draw: Generator, rates: np.ndarray) -> list[int]:
        """Counts of each day: Poisson, or negative binomial with that dispersion."""
        more = self.dispersion - 1
        return [int(x) for x in draw.poisson(draw.gamma(rates / more, more) if more else rates)]


def alarm_shares(phase: FallingPhase, seed: int, runs: int) -> tuple[float, float, float]:
    """Simulate phases; return the shares of quiet ones with an alarm, and of relapses and plateaus with one.

    An alarm counts on any day, as somebody looks each day: in a quiet phase one of all reports or of a module, and else
    one of all reports since the change. A relapse has three times the expected in the last week, and a plateau no fall
    in the second half.
    """
    draw, half = np.random.default_rng(seed), phase.days // 2
    relapse, plateau = phase.falling, phase.falling
    relapse[-7:] *= 3
    plateau[half:] = plateau[half]
    found = (
        [_is_alarmed_in_quiet(draw, phase) for _ in range(runs)],
        [_is_alarmed(draw, phase, phase.rates(relapse), phase.days - 6) for _ in range(runs)],
        [_is_alarmed(draw, phase, phase.rates(plateau), half + 1) for _ in range(runs)],
    )
    quiet, rising, staying = (sum(one) / runs for one in found)
    return quiet, rising, staying


def _is_alarmed_in_quiet(draw: Generator, phase: FallingPhase) -> bool:
    rates = phase.rates(phase.falling)
    modules = [phase.counts(draw, rates * part) for part in SHARES]
    series = [[sum(one) for one in zip(*modules, strict=True)], *modules]
    for day in range(FIRST_LOOK, phase.days + 1):
        fall = fit_fall(series[0][:day], phase.rest[:day])
        if fall and any(relapse_alarm(one[:day], fall, 2 * len(SHARES) if n else 0) for n, one in enumerate(series)):
            return True
    return False


def _is_alarmed(draw: Generator, phase: FallingPhase, rates: np.ndarray, since: int) -> bool:
    whole = phase.counts(draw, rates)
    for day in range(max(FIRST_LOOK, since), phase.days + 1):
        fall = fit_fall(whole[:day], phase.rest[:day])
        if fall and relapse_alarm(whole[:day], fall):
            return True
    return False
