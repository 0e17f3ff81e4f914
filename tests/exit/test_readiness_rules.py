"""Whether a phase can end: gates, score, three good days, and first runs."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from domain.exit.first_runs import RunOccasion, RunVerdict, after_planned_end, occasion, statuses
from domain.exit.readiness import (
    Gate,
    GateResult,
    Measure,
    Readiness,
    ReadinessDay,
    is_proposed,
    scales,
    upper_rate,
)
from domain.exit.settings import FirstRun

MONDAY = date(2026, 3, 2)
HOLDS = tuple(GateResult(gate, 0, holds=True, reason="") for gate in Gate)


@pytest.mark.parametrize(("count", "times_days"), [(0, 2.996), (1, 4.744), (2, 6.296), (3, 7.754)])
def test_upper_rates_match_the_worked_examples(count: int, times_days: float) -> None:
    assert upper_rate(count, 1) == pytest.approx(times_days, abs=0.001)
    assert [round(upper_rate(0, days), 3) for days in (10, 7, 5)] == [0.300, 0.428, 0.599]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 200), st.integers(1, 60))
def test_upper_rates_are_those_of_scipy(count: int, days: int) -> None:
    assert upper_rate(count, days) == pytest.approx(chi2.ppf(0.95, 2 * count + 2) / 2 / days, rel=1e-9)


def test_a_score_needs_most_of_its_measures() -> None:
    scale = scales(0.5)
    assert sum(one.weight for one in scale.values()) == pytest.approx(1)
    some = {Measure.REMAINING: 0.5, Measure.NET_FLOW: 0.3, Measure.SLA: 0.9, Measure.SATISFACTION: 0.4}
    few = Readiness(gates=HOLDS, measures=some, scale=scale)
    assert (round(few.coverage, 2), few.score) == (0.65, None)
    more = Readiness(gates=HOLDS, measures={**some, Measure.FIXES: 0.40}, scale=scale)
    assert more.score == pytest.approx(100 * (0.20 + 0.075 + 0.15) / 0.75)
    assert more.most_helpful == (Measure.SATISFACTION, pytest.approx(100 * 0.15 / 0.75))


@given(st.dictionaries(st.sampled_from(Measure), st.floats(0, 5), min_size=1), st.sampled_from(Measure))
def test_a_better_value_never_lowers_the_score(measures: dict[Measure, float], better: Measure) -> None:
    scale = scales(0.5)
    before = Readiness(gates=HOLDS, measures=measures, scale=scale)
    if better in measures:
        step = 0.1 if scale[better].good > scale[better].bad else -0.1
        after = Readiness(gates=HOLDS, measures={**measures, better: measures[better] + step}, scale=scale)
        assert (after.score or 0) >= (before.score or 0) - 1e-9
        assert after.coverage == before.coverage


def test_a_gate_that_is_waived_passes_and_keeps_its_reason() -> None:
    fails = GateResult(Gate.OWNERS, 2, holds=False, reason="Two tickets are unassigned")
    assert not fails.passes
    waived = GateResult(Gate.OWNERS, 2, holds=False, reason="Two tickets are unassigned", waiver="They move to run")
    assert waived.passes


def days(*scores: float | None) -> list[ReadinessDay]:
    return [ReadinessDay(MONDAY + timedelta(days=n), score, passes=score != 0) for n, score in enumerate(scores)]


def test_an_exit_is_proposed_after_three_good_days_and_until_a_bad_one() -> None:
    assert not is_proposed(days(90, 90))
    assert is_proposed(days(90, 90, 90))
    assert not is_proposed(days(90, 79, 90, 90))
    assert is_proposed(days(90, 90, 90, 75, 71)), "between 70 and 80 it stays"
    assert not is_proposed(days(90, 90, 90, 69))
    assert not is_proposed(days(90, 90, 90, 69, 90, 90))
    assert not is_proposed(days(90, 90, 90, 0)), "a gate fails"
    assert not is_proposed(days(90, 90, 90, None)), "it is not measurable any more"


def test_a_first_run_is_talked_about_on_three_occasions() -> None:
    run = FirstRun(name="Payroll", on=MONDAY, owner="U0123456789", watch_days=3)
    said = {n: occasion(run, MONDAY + timedelta(days=n)) for n in range(-5, 6)}
    assert [*said.values()] == [
        *[None] * 3,
        *[RunOccasion.STAFFING] * 2,
        *[RunOccasion.WATCH] * 3,
        *[RunOccasion.VERDICT] * 3,
    ]


def test_first_runs_wait_for_a_verdict_that_settles_them() -> None:
    runs = [FirstRun(name=name, on=MONDAY + timedelta(days=n), owner="U0123456789") for n, name in enumerate("cab")]
    found = statuses(runs, {"a": (RunVerdict.REJECTED, "Wrong sums"), "b": (RunVerdict.WAIVED, "Next year")})
    assert [(one.run.name, one.is_settled) for one in found] == [("c", False), ("a", False), ("b", True)]
    assert [one.name for one in after_planned_end(found, MONDAY + timedelta(days=1))] == ["a"]
    assert after_planned_end(found, None) == []
