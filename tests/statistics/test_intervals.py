"""Confidence intervals: worked examples from the literature, and their coverage in simulations."""

import random
from math import sqrt

import pytest

from domain.statistics import intervals
from domain.statistics.intervals import Verdict
from tests.statistics import simulations

SLOW = ("defects", "curve", "ratio", "Zou", "rate")


@pytest.mark.parametrize(
    ("k", "n", "crowd", "low", "high"),
    [(8, 10, None, 0.490, 0.943), (0, 10, None, 0.0, 0.278), (3, 5, None, 0.231, 0.882), (45, 50, None, 0.786, 0.957),
     (24, 30, 40, 0.719, 0.862), (24, 30, None, 0.627, 0.905)],
)  # fmt: skip
def test_wilson_intervals_match_worked_examples(k: int, n: int, crowd: int | None, low: float, high: float) -> None:
    found = intervals.wilson_interval(k, n, crowd)
    assert (found.low, found.high) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))


def test_a_complete_survey_has_no_uncertainty() -> None:
    assert intervals.wilson_interval(7, 10, 10) == intervals.Interval(0.7, 0.7, 0.7)
    assert intervals.nps_interval(5, 2, 10, 10) == intervals.Interval(30, 30, 30)
    assert intervals.wilson_interval(0, 0) == intervals.Interval(0, 0, 1)


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "value", "low", "high"), [(5, 2, 10, 30, -19, 65), (40, 25, 100, 15, -0.7, 29.8)]
)
def test_nps_intervals_match_worked_examples(
    promoters: int, detractors: int, n: int, value: float, low: float, high: float
) -> None:
    found = intervals.nps_interval(promoters, detractors, n)
    assert found.value == value
    assert (found.low, found.high) == (pytest.approx(low, abs=0.5), pytest.approx(high, abs=0.5))


@pytest.mark.parametrize(("promoters", "detractors", "n", "crowd"), [(5, 0, 5, 6), (18, 0, 20, 22), (50, 0, 50, 55)])
def test_nps_bounds_include_the_value(promoters: int, detractors: int, n: int, crowd: int) -> None:
    found = intervals.nps_interval(promoters, detractors, n, crowd)
    assert found.low <= found.value <= found.high


def test_a_change_within_the_noise_is_not_reported() -> None:
    changed = intervals.newcombe_difference(intervals.wilson_interval(14, 20), intervals.wilson_interval(9, 20))
    assert changed.value == pytest.approx(0.25)
    assert (changed.low, changed.high) == (pytest.approx(-0.05, abs=0.005), pytest.approx(0.5, abs=0.005))
    assert intervals.change_verdict(changed, enough=True) is Verdict.SAME
    assert intervals.change_verdict(changed, enough=False) is Verdict.TOO_FEW
    assert intervals.change_verdict(intervals.Interval(-0.2, -0.3, -0.1), enough=True) is Verdict.DOWN


def test_umux_lite_ranges_from_0_to_100() -> None:
    assert [intervals.umux_lite(*pair) for pair in ((1, 1), (4, 4), (7, 7))] == [0, 50, 100]


@pytest.mark.parametrize("what", ["share", "net", "mean"])
def test_intervals_have_their_nominal_coverage(what: str) -> None:
    """2,000 waves of 20 to 200 answers, each from a population whose true value is known."""
    dice, covered, waves = random.Random(7), 0, 2000
    for _ in range(waves):
        size = dice.randint(60, 600)
        weights = [dice.random() + 0.05 for _ in range(11)]
        crowd = dice.choices(range(11), weights, k=size)
        sample = dice.sample(crowd, dice.randint(20, min(200, size * 2 // 3)))
        match what:
            case "share":
                truth = sum(v >= 6 for v in crowd) / size
                found = intervals.wilson_interval(sum(v >= 6 for v in sample), len(sample), size)
            case "net":
                truth = 100 * (sum(v >= 9 for v in crowd) - sum(v <= 6 for v in crowd)) / size
                up, down = sum(v >= 9 for v in sample), sum(v <= 6 for v in sample)
                found = intervals.nps_interval(up, down, len(sample), size)
            case _:
                truth = sum(crowd) / size * 10
                scores = [v * 10.0 for v in sample]
                found = intervals.mean_interval(len(scores), sum(scores), sum(s * s for s in scores), size)
        covered += found.low - 1e-9 <= truth <= found.high + 1e-9
    assert 0.93 <= covered / waves <= 0.97


@pytest.mark.parametrize("name", simulations.INTERVALS)
def test_each_interval_holds_as_often_as_it_says(name: str) -> None:
    """At least 94 % of those that are shown, within what chance does to so few runs; the bench runs thousands."""
    runs = 60 if any(one in name for one in SLOW) else 600
    held, refused = simulations.coverage(name, runs, seed=3)
    assert held >= 0.94 - 2 * sqrt(0.94 * 0.06 / runs)
    assert refused < 0.1
