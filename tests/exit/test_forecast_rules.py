"""The forecast of new defects: worked examples, other implementations, simulations, and no word too many."""

from datetime import date, timedelta
from math import exp, log

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from bot.views.reporting.trends import sentences
from domain.reporting.trends import PeriodComparison, Trends, relapses
from domain.statistics.relapse import fit_fall, relapse_alarm, strongest_rise, strongest_stop
from domain.statistics.stabilisation import (
    CHI_SQUARE_95,
    NoForecast,
    StabilisationFit,
    fit_stabilisation,
    laplace_trend,
)
from tests.statistics.simulations import FallingPhase, alarm_shares

MOMENTS = [0.2, 0.4, 0.5, 0.8, 1.1, 1.3, 1.9, 2.2, 2.4, 3.1, 3.5, 4.2, 5.0, 5.4, 6.6, 7.9, 9.1, 11.0]


def fitted(moments: list[float], exposure: float) -> StabilisationFit:
    found = fit_stabilisation(moments, exposure)
    assert isinstance(found, StabilisationFit), found
    return found


def test_both_models_match_the_worked_example() -> None:
    found = fitted(MOMENTS, 14)
    goel, crow = found.goel_okumoto, found.crow_amsaa
    assert [round(x, 3) for x in (found.trend, goel.total, found.remaining, found.upper_total)] == [
        -3.464, 18.683, 0.683, 29.069]  # fmt: skip
    assert [round(x, 4) for x in (goel.decay, goel.between(14, 21), goel.intensity(14))] == [0.2363, 0.5525, 0.1615]
    assert (round(found.likelihood_ratio, 2), round(goel.falls_to(0.1), 1)) == (12.94, 16.0)
    assert [round(x, 3) for x in (crow.shape, crow.unbiased, crow.scale, crow.intensity(14))] == [
        0.552, 0.521, 4.193, 0.710]  # fmt: skip
    assert (round(crow.chi_square, 2), round(crow.p_value, 3)) == (65.21, 0.002)
    assert found.pessimistic_intensity() == crow.intensity(14), "the models differ by four, and the larger one counts"
    assert found.band(14)[0] < 18 < found.band(14)[1]


def test_nothing_is_forecast_where_nothing_is_shown() -> None:
    assert fit_stabilisation(MOMENTS[:9], 14) is NoForecast.TOO_FEW
    assert fit_stabilisation([(n + 0.55) * 14 / 18 for n in range(18)], 14) is NoForecast.NOT_FALLING
    assert fit_stabilisation([(n + 0.4) * 14 / 18 for n in range(18)], 14) is NoForecast.NOT_SHOWN
    assert fit_stabilisation([14 - one for one in MOMENTS], 14) is NoForecast.NOT_FALLING
    assert fit_stabilisation([], 0) is NoForecast.TOO_FEW
    assert laplace_trend([], 1) == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_the_models_are_those_that_scipy_finds(seed: int) -> None:
    chance = np.random.default_rng(seed)
    exposure = float(chance.uniform(5, 60))
    moments = sorted(float(x) for x in chance.exponential(exposure / 4, 60) if x < exposure)
    found = fit_stabilisation(moments, exposure)
    n, total = len(moments), sum(moments)
    if found is NoForecast.NOT_FALLING:
        assert total >= n * exposure / 2
        return
    if not isinstance(found, StabilisationFit):
        return

    def profile(decay: float) -> float:  # of b, with the best a
        return float(n * np.log(n * decay / -np.expm1(-decay * exposure)) - decay * total - n)

    best = optimize.minimize_scalar(lambda b: -profile(b), bounds=(1e-9, 50 / exposure), method="bounded",
                                    options={"xatol": 1e-12})  # fmt: skip
    assert found.goel_okumoto.decay == pytest.approx(best.x, rel=1e-3)
    assert found.likelihood_ratio == pytest.approx(2 * (-best.fun - (n * log(n / exposure) - n)), abs=1e-6)
    # Crow-AMSAA is an exponential distribution of ln(T / t), and its test the one of that distribution's mean.
    logarithms = np.log(exposure / np.array(moments))
    assert found.crow_amsaa.shape == pytest.approx(1 / stats.expon.fit(logarithms, floc=0)[1])
    assert found.crow_amsaa.p_value == pytest.approx(stats.chi2.sf(2 * logarithms.sum(), 2 * n), abs=1e-12)
    assert found.upper_total == pytest.approx(_upper_total(n, total, exposure, -best.fun), rel=2e-3)


def _upper_total(n: int, moments: float, exposure: float, best: float) -> float:
    """The upper profile likelihood bound of a, with b maximised out by scipy."""

    def fall(total: float) -> float:
        def loss(log_decay: float) -> float:
            decay = exp(log_decay)
            return -(n * log(total * decay) - decay * moments + total * np.expm1(-decay * exposure))

        return float(best + optimize.minimize_scalar(loss, bounds=(-25, 5), method="bounded").fun - CHI_SQUARE_95 / 2)

    low, high = float(n), 2.0 * n
    while fall(high) < 0:
        low, high = high, 2 * high
    return float(optimize.brentq(fall, max(low, n * 1.0000001), high)) if fall(low) < 0 else low


def test_the_upper_bound_holds_as_often_as_it_says() -> None:
    """60 defects expected in all, at b = 0.12 in 14 days: at least 94 % of the bounds hold, and few are refused."""
    chance, held, refused, runs = np.random.default_rng(11), 0, 0, 200
    for _ in range(runs):
        moments = [float(x) for x in chance.exponential(1 / 0.12, chance.poisson(60)) if x < 14]
        found = fit_stabilisation(moments, 14)
        if isinstance(found, StabilisationFit):
            held += found.upper_total >= 60
        else:
            refused += 1
    assert refused / runs <= 0.15
    assert held / (runs - refused) >= 0.94


@pytest.mark.parametrize(
    "phase",
    [FallingPhase(15, 0.12), FallingPhase(20, 0.1, weekend=0.4), FallingPhase(40, 0.12, dispersion=1.5)],
    ids=str,
)
def test_a_relapse_and_a_plateau_are_alarmed_and_a_quiet_phase_is_not(phase: FallingPhase) -> None:
    """The bench does it a hundred times as often, over many more phases."""
    false, relapse, plateau = alarm_shares(phase, seed=5, runs=25)
    assert false <= 0.15, (false, relapse, plateau)
    assert relapse >= 0.4, (false, relapse, plateau)
    assert plateau >= 0.4, (false, relapse, plateau)


def test_counts_that_do_not_fall_are_left_to_the_other_alarm() -> None:
    assert fit_fall([3] * 28) is None
    assert fit_fall([9, 5, 4, 3, 2]) is None


def test_the_fall_and_its_quiet_days_agree_with_a_regression() -> None:
    """Poisson regression of statsmodels, on days and on days of rest."""
    chance = np.random.default_rng(3)
    rest = [day % 7 >= 5 for day in range(28)]
    counts = [int(chance.poisson(30 * np.exp(-0.08 * day) * (0.3 if rests else 1))) for day, rests in enumerate(rest)]
    fall = fit_fall(counts, rest)
    assert fall is not None
    known = sm.add_constant(np.column_stack([np.arange(28), rest]).astype(float))
    found = sm.GLM(counts, known, family=sm.families.Poisson()).fit()
    assert fall.decay == pytest.approx(-found.params[1], rel=0.02)
    assert fall.weights[5] == pytest.approx(np.exp(found.params[2]), rel=0.05)


@pytest.mark.parametrize("several", [1, 3])
def test_the_likelihood_ratio_agrees_with_a_regression(several: int) -> None:
    """Of a higher rate: the difference of two regressions, one of which knows the days since the rise.

    Where each cause brings several reports, the ratio is that of two regressions whose variance is estimated.
    """
    counts = [several * one for one in (12, 10, 9, 7, 6, 5, 4, 4, 3, 2, 2, 2, 1, 2, 1, 5, 4, 6)]
    fall = fit_fall(counts)
    assert fall is not None
    found = strongest_rise(counts, fall)
    days, raised = np.arange(18.0), np.arange(18) >= found.since
    plain, higher = (sm.GLM(counts, sm.add_constant(np.column_stack(known)), family=sm.families.Poisson()).fit()
                     for known in ([days], [days, raised]))  # fmt: skip
    assert found.since == 15
    dispersion = max(1.0, higher.pearson_chi2 / 14)  # of 18 days, with the days of rest
    expected = 7 * np.log1p((higher.llf - plain.llf) / (7 * dispersion))
    assert found.ratio == pytest.approx(expected, abs=1e-4)
    usual = np.exp(higher.predict(sm.add_constant(np.column_stack([days, 0 * days])), which="linear"))
    assert found.rate == pytest.approx(usual[15:].mean(), rel=1e-3)


def test_a_part_that_rose_agrees_with_a_regression() -> None:
    """Of a module and all others: one fall, two heights, and a rise of the module alone."""
    chance = np.random.default_rng(4)
    days = np.arange(28)
    mine = chance.poisson(6 * np.exp(-0.09 * days) * np.where(days >= 22, 4, 1))
    others = chance.poisson(20 * np.exp(-0.09 * days))
    fall = fit_fall([int(one) for one in mine + others])
    assert fall is not None
    found = strongest_rise([int(one) for one in mine], fall)
    cells, is_mine, day = np.concatenate([mine, others]), np.repeat([1, 0], 28), np.tile(days, 2)
    known = np.column_stack([is_mine, day, is_mine * (day >= found.since)]).astype(float)
    plain, higher = (sm.GLM(cells, sm.add_constant(some), family=sm.families.Poisson()).fit()
                     for some in (known[:, :2], known))  # fmt: skip
    assert found.since == 22
    assert found.ratio == pytest.approx(26 * np.log1p((higher.llf - plain.llf) / 26 / max(1, higher.pearson_chi2 / 52)))
    assert relapse_alarm([int(one) for one in mine], fall, 8)
    assert not relapse_alarm([int(one) for one in others], fall, 8)


def test_a_fall_that_stopped_agrees_with_a_regression() -> None:
    """The difference of two regressions, one on days that are counted no further than the stop."""
    counts = [30, 27, 24, 22, 19, 17, 15, 14, 12, 11, 10, 9, 10, 9, 11, 10, 9, 10, 9, 10]
    fall = fit_fall(counts)
    assert fall is not None
    found = strongest_stop(counts, fall)
    days = np.arange(20) + 0.5
    plain, stopped = (sm.GLM(counts, sm.add_constant(on), family=sm.families.Poisson()).fit()
                      for on in (days, np.minimum(days, found.since)))  # fmt: skip
    assert 8 <= found.since <= 12
    assert found.ratio == pytest.approx(8 * np.log1p((stopped.llf - plain.llf) / 8), abs=1e-4)
    usual = np.exp(stopped.predict(sm.add_constant(days), which="linear"))[found.since :]
    assert found.rate == pytest.approx(usual.mean(), rel=1e-3)


def test_a_relapse_names_its_first_day_and_what_was_expected() -> None:
    falling = [24, 20, 17, 14, 12, 10, 8, 7, 6, 5, 4, 4, 3, 3, 2, 2]
    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(19)]
    counts = {
        ("type", "bug"): [*falling, 8, 8, 8],
        ("type", "question"): [1] * 19,
        ("module", "Login"): [0] * 16 + [1, 0, 0],
    }
    found = relapses(counts, days)
    assert found is not None
    whole = next(one for one in found if one.dimension == "all")
    assert (whole.since, whole.count, whole.is_relapse, whole.is_provisional) == (date(2026, 3, 18), 27, True, False)
    assert whole.usual_rate < 5, "the mean until then is 9"
    assert ("module", "Login") not in {(one.dimension, one.name) for one in found}
    shown = str(sentences(Trends(recurring=found, hours={}, before=PeriodComparison(), after=PeriodComparison())))
    assert "All reports: 27 since Wed" in shown
    assert "a day were expected, as reports become fewer" in shown
    assert relapses({("type", "bug"): [3] * 19}, days) is None
