"""The statistics behind trends: worked examples, and no statement where the data are too few."""

from datetime import UTC, date, datetime, timedelta
from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reporting.readings import Baseline
from domain.statistics import control_charts, distributions
from domain.statistics.capture_recapture import chapman, estimate_undetected
from domain.statistics.co_occurrence import co_occurring_types
from domain.statistics.coincidence import reports_after_events
from domain.statistics.comparison import compare_daily_counts, compare_medians, compare_shares, rate_ratio
from domain.statistics.concentration import (
    adjusted_residuals,
    benjamini_hochberg,
    hotspots,
    overrepresented_modules,
    quiet_groups,
)
from domain.statistics.intervals import newcombe_difference, wilson_interval
from domain.statistics.survival import SurvivalCounts, count_durations, kaplan_meier, median_duration
from domain.tickets.types import TicketType

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_kaplan_meier_matches_a_worked_example() -> None:
    """Eight durations, three of them censored; the median of the ended ones alone, 3, would be too low."""
    found = kaplan_meier(count_durations([1, 2, 3, 5, 9], [4, 8, 12]))
    assert [round(left, 3) for _, left in found.steps] == [0.875, 0.75, 0.625, 0.469, 0.234]
    assert (found.quantile(0.5), found.quantile(0.9), found.n, found.ended) == (5, None, 8, 5)
    assert (found.survival_at(0), found.survival_at(3), found.survival_at(100)) == (
        1,
        0.625,
        pytest.approx(0.234, abs=0.001),
    )


@given(st.lists(st.integers(1, 50), min_size=1), st.lists(st.integers(1, 50)))
def test_censored_durations_never_lower_a_median(ended: list[int], censored: list[int]) -> None:
    alone, together = kaplan_meier(count_durations(ended, [])), kaplan_meier(count_durations(ended, censored))
    shares = [left for _, left in together.steps]
    assert shares == sorted(shares, reverse=True)
    assert (together.quantile(0.5) or inf) >= (alone.quantile(0.5) or inf)


@pytest.mark.parametrize(("now", "days", "before", "days_before", "times", "low", "high"), [
    (30, 14, 12, 28, 5.00, 2.49, 10.72), (5, 14, 9, 28, 1.11, 0.29, 3.69),
])  # fmt: skip
def test_rate_ratios_match_worked_examples(
    now: int, days: float, before: int, days_before: float, times: float, low: float, high: float
) -> None:  # fmt: skip
    found = rate_ratio(now, days, before, days_before)
    assert found is not None
    assert (found.value, found.low, found.high) == (pytest.approx(times, abs=0.005), pytest.approx(low, abs=0.005),
                                                    pytest.approx(high, abs=0.005))  # fmt: skip
    changed = newcombe_difference(wilson_interval(56, 70), wilson_interval(48, 80))
    assert (round(changed.value, 3), round(changed.low, 3), round(changed.high, 3)) == (0.2, 0.052, 0.334)


def test_a_comparison_needs_enough_events_and_the_same_weekdays() -> None:
    assert rate_ratio(3, 14, 4, 28) is None
    monday = date(2026, 3, 2)
    week = [(monday + timedelta(days=n), 4.0) for n in range(5)]
    before = [(monday - timedelta(days=n), 1.0) for n in range(1, 29)]
    found = compare_daily_counts(week, before)
    assert found is not None
    assert (found.now, found.before, found.differs) == (4, 1, True)
    assert (
        compare_daily_counts([*week, (monday + timedelta(days=5), 4.0)], [b for b in before if b[0].weekday() < 5])
        is None
    )
    assert rate_ratio(8, 1, 0, 1) is not None


REMISSIONS = count_durations([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
PLACEBO = count_durations([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [])


def test_median_bounds_match_the_textbook_leukemia_data() -> None:
    """Freireich's leukemia data (1963): 23 weeks (13 to no end) with the drug, 8 (4 to 11) without."""
    found, without = median_duration(REMISSIONS), median_duration(PLACEBO)
    assert found is not None
    assert without is not None
    assert (found.value, found.low, found.high) == (23, 13, inf)
    assert (without.value, without.low, without.high) == (8, 4, 11)
    assert median_duration(count_durations([3], [9, 9, 9])) is None
    for few in range(1, 6):
        of_few = median_duration(count_durations(range(1, few + 1), []))
        assert of_few is not None
        assert of_few.high == inf, "with so few, all may have been quick by chance"


def test_medians_are_compared_with_censored_durations() -> None:
    longer = compare_medians(REMISSIONS, PLACEBO)
    assert longer is not None
    assert (longer.now, longer.before, longer.difference.value, longer.difference.high, longer.differs) == (
        23,
        8,
        15,
        inf,
        True,
    )
    assert longer.difference.low == pytest.approx(15 - (10**2 + 3**2) ** 0.5)
    same = compare_medians(PLACEBO, PLACEBO)
    assert same is not None
    assert not same.differs
    assert compare_medians(count_durations([1, 2, 3], []), PLACEBO) is None


def test_equal_durations_rarely_differ_significantly() -> None:
    chance, said = Random(7), 0
    for _ in range(200):
        now, before = (count_durations([chance.expovariate(1) for _ in range(n)], []) for n in (8, 30))
        found = compare_medians(now, before)
        said += found is not None and found.differs
    assert said <= 20  # one in twenty is expected


def resampled(counts: SurvivalCounts, chance: Random) -> SurvivalCounts:
    every = [(time, n) for time, (ended, censored) in counts.items() for n in [0] * ended + [1] * censored]
    some = chance.choices(every, k=len(every))
    return count_durations([time for time, kind in some if not kind], [time for time, kind in some if kind])


def test_bounds_of_a_median_difference_are_close_to_a_bootstrap() -> None:
    chance = Random(1)

    def took(mean: float, some: int) -> list[float]:
        return [round(chance.expovariate(1 / mean)) + 1 for _ in range(some)]

    now, before = (count_durations(took(mean, 80), took(mean, 20)) for mean in (300, 600))
    found = compare_medians(now, before)
    assert found is not None
    medians = [
        (median_duration(resampled(now, chance)), median_duration(resampled(before, chance))) for _ in range(400)
    ]
    drawn = sorted(a.value - b.value for a, b in medians if a and b)
    assert found.difference.low == pytest.approx(drawn[10], abs=0.35 * abs(found.difference.value))
    assert found.difference.high == pytest.approx(drawn[-11], abs=0.35 * abs(found.difference.value))


def test_share_differences_match_newcombes_example() -> None:
    found = compare_shares((56, 70), (48, 80))
    assert found is not None
    assert (round(found.difference.value, 3), round(found.difference.low, 3), round(found.difference.high, 3)) == (
        0.2,
        0.052,
        0.334,
    )
    assert found.differs
    assert compare_shares((3, 4), (1, 2)) is None


@pytest.mark.parametrize("text", ["", "soon", "-1", "nan", "1e9", "5/", "/5", "7/5", "-1/5", "1/2/3", "5"])
def test_invalid_baseline_values_are_refused(text: str) -> None:
    for metric in (Baseline.RESOLUTION, Baseline.IN_TIME):
        if (metric, text) != (Baseline.RESOLUTION, "5"):
            with pytest.raises(ValueError):  # noqa: PT011 - raised by int or float
                metric.parse(text)


def test_baseline_values_are_parsed() -> None:
    assert Baseline.RESOLUTION.parse("12.5") == {(750, True): 1}
    assert Baseline.RESOLUTION.parse("30+") == {(1800, False): 1}
    assert Baseline.FIRST_FIX.parse("14/17") == {(1, True): 14, (0, True): 3}


MONTH = [date(2026, 3, 2) + timedelta(days=n) for n in range(28)]


def spread(kind: str, chance: Random, some: int) -> list[tuple[datetime, str]]:
    """Reports with a daily rhythm, a declining trend and no weekends, as unrelated types have too."""
    weekdays = [on for n, on in enumerate(MONTH) if on.weekday() < 5 for _ in range(4 - n // 7)]
    return [(datetime(day.year, day.month, day.day, chance.choice((9, 9, 9, 13, 15)), 10, tzinfo=UTC), kind)
            for day in chance.choices(weekdays, k=some)]  # fmt: skip


def test_types_with_the_same_rhythm_rarely_co_occur_significantly() -> None:
    """Of a hundred unrelated pairs at most 18 are reported, at a false discovery rate of 10 %."""
    said = sum(bool(co_occurring_types(spread("bug", Random(n), 40) + spread("question", Random(-n - 1), 40), MONTH))
               for n in range(100))  # fmt: skip
    assert said <= 18


def test_types_with_a_common_cause_are_found() -> None:
    for n in range(10):
        chance = Random(n)
        outages = [at for at, _ in spread("", chance, 12)]
        both = [(at, kind) for at in outages for kind in ("performance", "api_access")]
        (found, *_) = co_occurring_types(
            [*both, *spread("question", chance, 30), *spread("performance", chance, 10)], MONTH
        )
        assert (found.one, found.other) == ("api_access", "performance")
        assert found.count > found.expected
    assert co_occurring_types([(NOON, "bug"), (NOON, "question")], MONTH) == []


def test_undetected_defects_match_a_worked_example() -> None:
    found = chapman(24, 18, 9)
    assert found is not None
    assert (found.total, round(found.standard_error, 1), found.known, round(found.undetected)) == (46.5, 7.6, 33, 14)
    assert chapman(24, 18, 2) is None
    reports = [["U1"]] * 15 + [["T1"]] * 9 + [["U2", "T1", "T2"]] * 9
    assert estimate_undetected(reports, ["T1", "T2"]) == found
    assert estimate_undetected(reports, []) is None


def run_lengths(rate: float, k: float, h: float, lam: float) -> float:
    """The average run length in days, from the Markov chain of CUSUM levels in tenths."""
    from math import exp, factorial

    n, step = round(h * 10), round(k * 10)
    chances = [exp(-lam) * lam**x / factorial(x) for x in range(60)]
    lengths = [1.0] * n
    for _ in range(20_000):
        before = lengths
        lengths = [1 + sum(p * before[max(0, level + 10 * x - step)] for x, p in enumerate(chances)
                           if max(0, level + 10 * x - step) < n) for level in range(n)]  # fmt: skip
        if max(abs(a - b) for a, b in zip(lengths, before, strict=True)) < 1e-3:
            break
    return lengths[0]


@pytest.mark.parametrize(("rate", "k", "h", "false", "true"), [(0.5, 0.7, 4, 149, 12.6), (4, 5.8, 5, 165, 3.0)])
def test_cusum_run_lengths_match_their_design(
    rate: float, k: float, h: float, false: float, true: float
) -> None:  # fmt: skip
    assert (round(control_charts.reference_value(rate), 1), control_charts.decision_interval(rate)) == (k, h)
    assert run_lengths(rate, k, h, rate) == pytest.approx(false, rel=0.02)
    assert run_lengths(rate, k, h, 2 * rate) == pytest.approx(true, rel=0.02)


def test_a_cusum_alarm_names_the_day_the_rise_began() -> None:
    calm = [1, 0, 2, 1, 1, 0, 1, 2, 1, 1]
    assert control_charts.cusum_alarm(calm, usual=calm) is None
    found = control_charts.cusum_alarm([*calm, 1, 4, 4, 3], usual=calm)
    assert found is not None
    assert (found.start, found.day, found.is_provisional) == (11, 12, False)
    assert control_charts.cusum_alarm([*calm, 1, 4, 4, 3, *[0] * 14], usual=calm) is None
    learnt = control_charts.cusum_alarm([0, 0, 6, 6])
    assert learnt is not None
    assert learnt.is_provisional


def test_unusual_counts_are_outside_the_xmr_limits() -> None:
    assert control_charts.xmr_limits([4, 5, 4]) is None
    found = control_charts.xmr_limits([4, 5, 4, 6, 5, 4, 5, 5])
    assert found is not None
    assert (found.mean, round(found.high, 3)) == (4.75, round(4.75 + 2.66 * 7 / 7, 3))
    assert found.excludes(9)
    assert not found.excludes(5)


def test_quiet_groups_match_worked_examples() -> None:
    found = quiet_groups({"rest": 60}, {"rest": 300, "stores": 60})
    assert [(one.name, one.expected, one.count) for one in found] == [("stores", 12, 0)]
    assert found[0].p_value == pytest.approx(6e-6, rel=0.05)
    assert quiet_groups({"rest": 60}, {"rest": 300, "stores": 12}) == []
    alike = quiet_groups({"a": 900, "b": 900, "c": 880}, {"a": 100, "b": 100, "c": 100})
    assert alike == []
    (less,) = quiet_groups({"a": 900, "b": 900, "c": 700}, {"a": 100, "b": 100, "c": 100})
    assert (less.name, less.expected) == ("c", 900)


TABLE = {("pay", "stores"): 18, ("pay", "office"): 4, ("pay", "plant"): 3, ("time", "stores"): 6,
         ("time", "office"): 7, ("time", "plant"): 5, ("bank", "stores"): 4, ("bank", "office"): 6,
         ("bank", "plant"): 7}  # fmt: skip


def test_adjusted_residuals_match_a_worked_example() -> None:
    found = adjusted_residuals(TABLE)
    assert round(found["pay", "stores"], 2) == 3.32
    assert all(abs(z) < 2.3 for cell, z in found.items() if cell != ("pay", "stores"))


def test_a_hotspot_of_questions_suggests_training() -> None:
    def reports(kind: TicketType) -> list[tuple[str, str, TicketType]]:
        return [(m, g, kind if (m, g) == ("pay", "stores") else TicketType.BUG) for (m, g), n in TABLE.items()
                for _ in range(n)]  # fmt: skip

    (cell,) = hotspots(reports(TicketType.QUESTION))
    assert (cell.module, cell.group, cell.count, cell.training_helps) == ("pay", "stores", 18, True)
    (cell,) = hotspots(reports(TicketType.BUG))
    assert not cell.training_helps
    assert hotspots([]) == []


def test_overrepresented_modules_have_their_expected_count() -> None:
    (found,) = overrepresented_modules({"pay": 30, "time": 8, "bank": 10})
    assert (found.name, found.count, found.expected) == ("pay", 30, 16)
    assert overrepresented_modules({"pay": 17, "time": 15, "bank": 16}) == []
    assert overrepresented_modules({"pay": 5}) == overrepresented_modules({"pay": 2, "time": 0}) == []


def test_benjamini_hochberg_keeps_only_discoveries() -> None:
    assert benjamini_hochberg(["a", "b", "c"], [0.04, 0.5, 0.9]) == []
    assert benjamini_hochberg(["a", "b", "c"], [0.03, 0.5, 0.06]) == ["a", "c"]


def test_reports_after_deployments_are_detected() -> None:
    begins = NOON - 14 * 24 * HOUR
    events = [begins + HOUR * hours for hours in (30, 101, 197, 260)]
    reports = [event + HOUR * later for event in events for later in (0.5, 1, 1.5, 2, 3)]
    found = reports_after_events("deployment", events, reports, begins, NOON)
    assert found is not None
    assert (found.count, found.events) == (20, 4)
    assert found.p_value < 0.01
    assert reports_after_events("deployment", events[:2], reports, begins, NOON) is None


def test_a_shared_daily_rhythm_is_not_an_effect() -> None:
    """Both have a daily rhythm, so every shift of the events explains the reports as well."""
    begins = NOON - 14 * 24 * HOUR
    events = [begins + HOUR * (24 * day + 6) for day in range(14)]
    reports = [begins + HOUR * (24 * day + hour) for day in range(14) for hour in range(24)]
    found = reports_after_events("batch", events, reports, begins, NOON)
    assert found is not None
    assert found.p_value == 1


@pytest.mark.parametrize(("k", "n", "p", "chance"), [
    (8, 10, 0.5, 0.0546875), (0, 5, 0.3, 1.0), (6, 5, 0.3, 0.0), (50, 100, 0.5, 0.5397946186935895),
])  # fmt: skip
def test_binomial_tails_are_exact(k: int, n: int, p: float, chance: float) -> None:
    assert distributions.binomial_at_least(k, n, p) == pytest.approx(chance, abs=1e-12)


@given(st.integers(1, 60), st.data())
def test_clopper_pearson_bounds_cut_off_their_tails(n: int, data: st.DataObject) -> None:
    """Checked against plain sums: each bound cuts off a tail of 2.5 %."""
    from math import comb

    k = data.draw(st.integers(0, n))
    low, high = distributions.clopper_pearson(k, n)
    if k:
        assert sum(comb(n, i) * low**i * (1 - low) ** (n - i) for i in range(k, n + 1)) == pytest.approx(0.025)
    if k < n:
        assert sum(comb(n, i) * high**i * (1 - high) ** (n - i) for i in range(k + 1)) == pytest.approx(0.025)
    assert low <= k / n <= high


def test_a_backlog_grows_only_when_the_difference_is_significant() -> None:
    assert distributions.binomial_test(10, 20) == 1
    assert distributions.binomial_test(15, 20) == pytest.approx(0.04138946533203125)
    assert distributions.binomial_test(5, 20) == distributions.binomial_test(15, 20)
