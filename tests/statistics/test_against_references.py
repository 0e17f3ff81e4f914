"""The statistics of domain/statistics against scipy, statsmodels and lifelines, for whatever numbers Hypothesis finds.

`RELATIVE` is the largest relative difference that rounding may make, `ABSOLUTE` the largest one near zero. Where no
library has a method, the reference is its definition, written in the plainest way.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from math import inf, pi, sqrt
from types import ModuleType
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.reporting import recurrence
from domain.reporting.recurrence import FixedTicket
from domain.statistics import (
    capture_recapture,
    co_occurrence,
    coincidence,
    comparison,
    concentration,
    control_charts,
    distributions,
    intervals,
    survival,
)
from domain.tickets.closing import NON_RECURRENCE
from domain.tickets.ticket import Fix
from domain.tickets.types import TicketType

RELATIVE, ABSOLUTE = 1e-9, 1e-12
checked = settings(max_examples=100, deadline=None)
slowly = settings(max_examples=25, deadline=None)  # where the reference takes long
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def known() -> ModuleType:
    """Loaded when the first of these tests runs: it takes seconds, and others do not need it."""
    from tests.statistics import references

    return references


def near(value: Any, relative: float = RELATIVE, absolute: float = ABSOLUTE) -> Any:
    return pytest.approx(value, rel=relative, abs=absolute)


@st.composite
def portions(draw: st.DrawFn, most: int = 2000) -> tuple[int, int]:
    """(k, n): so many of so many."""
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n


chances = st.floats(0.0001, 0.9999)
shapes = st.floats(0.1, 5000)


class TestDistributions:
    @given(chances, shapes, shapes)
    @checked
    def test_beta(self, known: ModuleType, x: float, a: float, b: float) -> None:
        # Logarithms of the gamma function of thousands lose three digits.
        assert distributions.beta_cdf(x, a, b) == near(known.beta_cdf(x, a, b), 1e-8)

    @given(chances, shapes, shapes)
    @checked
    def test_beta_quantile(self, known: ModuleType, p: float, a: float, b: float) -> None:
        x = distributions.beta_quantile(p, a, b)
        step = 1e-12 * max(x, 1e-3)  # a number has no more digits than these
        assert known.beta_cdf(max(0.0, x - step), a, b) <= p * (1 + 1e-7)
        assert known.beta_cdf(min(1.0, x + step), a, b) >= p * (1 - 1e-7)

    @given(portions(), chances)
    @checked
    def test_binomial(self, known: ModuleType, portion: tuple[int, int], p: float) -> None:
        assert distributions.binomial_at_least(*portion, p) == near(known.binomial_at_least(*portion, p), 1e-8)
        assert distributions.binomial_test(*portion) == near(known.binomial_test(*portion), 1e-8)

    @given(st.integers(0, 2000), st.floats(0.01, 2000))
    @checked
    def test_poisson(self, known: ModuleType, k: int, mean: float) -> None:
        assert distributions.poisson_at_most(k, mean) == near(known.poisson_at_most(k, mean), 1e-8)

    @given(portions(), st.sampled_from([0.01, 0.05, 0.2]))
    @checked
    def test_clopper_pearson(self, known: ModuleType, portion: tuple[int, int], alpha: float) -> None:
        found = distributions.clopper_pearson(*portion, alpha)
        assert found == near(known.clopper_pearson(*portion, alpha), 1e-7)


class TestIntervals:
    @given(portions())
    @checked
    def test_wilson(self, known: ModuleType, portion: tuple[int, int]) -> None:
        found = intervals.wilson_interval(*portion)
        assert (found.value, found.low, found.high) == near((portion[0] / portion[1], *known.wilson(*portion)))

    @given(portions(200), st.integers(1, 500))
    @checked
    def test_wilson_in_a_finite_crowd_is_that_of_more_answers(
        self, known: ModuleType, portion: tuple[int, int], others: int
    ) -> None:
        (k, n), crowd = portion, portion[1] + others
        many = n * (crowd - 1) / (crowd - n)
        found = intervals.wilson_interval(k, n, crowd)
        assert (found.low, found.high) == near(known.wilson(k * many / n, many))

    @given(portions(), portions())
    @checked
    def test_difference_of_shares(self, known: ModuleType, now: tuple[int, int], before: tuple[int, int]) -> None:
        found = intervals.newcombe_difference(intervals.wilson_interval(*now), intervals.wilson_interval(*before))
        assert (found.low, found.high) == near(known.newcombe(*now, *before), absolute=1e-9)

    @given(st.lists(st.integers(0, 100), min_size=2, max_size=200))
    @checked
    def test_mean(self, known: ModuleType, values: list[int]) -> None:
        found = intervals.mean_interval(len(values), sum(values), sum(value**2 for value in values))
        low, high = known.student(values)
        assert found.value == near(sum(values) / len(values))
        assert (found.low, found.high) == near((max(0.0, low), min(100.0, high)), 1e-7, 1e-7)

    @given(st.lists(st.integers(0, 100), min_size=2, max_size=50), st.integers(0, 100))
    @checked
    def test_mean_in_a_finite_crowd(self, known: ModuleType, values: list[int], others: int) -> None:
        n, crowd = len(values), len(values) + others
        found = intervals.mean_interval(n, sum(values), sum(value**2 for value in values), crowd)
        low, high = known.student(values)
        half = (high - low) / 2 * sqrt(others / (crowd - 1))  # the correction of sampling without putting back
        expected = (max(0.0, found.value - half), min(100.0, found.value + half))
        assert (found.low, found.high) == near(expected, 1e-7, 1e-7)

    @given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
    @checked
    def test_net_promoters(self, known: ModuleType, promoters: int, passives: int, detractors: int) -> None:
        n = promoters + passives + detractors
        assume(n)
        found = intervals.nps_interval(promoters, detractors, n)
        middle, error = known.weighted([1, 0, -1], [promoters + 0.75, passives + 1.5, detractors + 0.75])
        value, half = (promoters - detractors) / n, known.normal(0.975) * error
        low, high = max(-1.0, min(value, middle - half)), min(1.0, max(value, middle + half))
        assert (found.value, found.low, found.high) == near((100 * value, 100 * low, 100 * high), absolute=1e-9)


watches = st.lists(st.tuples(st.integers(1, 40).map(lambda n: n / 2), st.booleans()), min_size=1, max_size=60).map(
    tuple
)


def counts_of(watched: Iterable[tuple[float, bool]]) -> survival.SurvivalCounts:
    both = [*watched]
    return survival.count_durations(
        [time for time, ended in both if ended], [time for time, ended in both if not ended]
    )


class TestSurvival:
    @given(watches)
    @slowly
    def test_kaplan_meier(self, known: ModuleType, watched: tuple[tuple[float, bool], ...]) -> None:
        found, expected = survival.kaplan_meier(counts_of(watched)), known.product_limit(watched)
        assert [time for time, _ in found.steps] == [time for time, *_ in expected]
        assert [left for _, left in found.steps] == near([left for _, left, *_ in expected])
        assert (found.n, found.ended) == (len(watched), sum(ended for _, ended in watched))

    @given(watches)
    @example(((1.0, False),) * 50 + ((2.0, True),) * 2)  # most were watched for a short time only
    @slowly
    def test_median(self, known: ModuleType, watched: tuple[tuple[float, bool], ...]) -> None:
        assume(all(abs(bound - 0.5) > 1e-9 for _, _, *bounds in known.product_limit(watched) for bound in bounds))
        found = survival.median_duration(counts_of(watched))
        assert (found and (found.value, found.low, found.high)) == known.median(watched)


class TestComparison:
    @given(st.integers(0, 500), st.integers(1, 60), st.integers(0, 500), st.integers(1, 60))
    @checked
    def test_rates_are_bounded_where_the_exact_test_says_so(
        self, known: ModuleType, now: int, days: int, before: int, days_before: int
    ) -> None:
        assume(now + before >= comparison.MIN_EVENTS)
        found = comparison.rate_ratio(now, days, before, days_before)
        assert found
        assert found.value == (near(now * days_before / (before * days)) if before else inf)
        for bound, side in ((found.low, "larger"), (found.high, "smaller")):
            if 0 < bound < inf:
                assert known.rate_ratio_chance(now, days, before, days_before, bound, side) == near(0.025, 1e-6)
        assert (found.low == 0, found.high == inf) == (now == 0, before == 0)

    @given(portions(), portions())
    @checked
    def test_shares(self, known: ModuleType, now: tuple[int, int], before: tuple[int, int]) -> None:
        assume(now[1] + before[1] >= comparison.MIN_EVENTS)
        found = comparison.compare_shares(now, before)
        assert found
        assert (found.difference.low, found.difference.high) == near(known.newcombe(*now, *before), absolute=1e-9)

    @given(watches, watches)
    @slowly
    def test_lengths(
        self, known: ModuleType, now: tuple[tuple[float, bool], ...], before: tuple[tuple[float, bool], ...]
    ) -> None:
        for watched in (now, before):
            bounds = [bound for _, _, *both in known.product_limit(watched) for bound in both]
            assume(all(abs(bound - 0.5) > 1e-9 for bound in bounds))
        found = comparison.compare_medians(counts_of(now), counts_of(before))
        mine, theirs = known.median(now), known.median(before)
        enough = min(sum(ended for _, ended in watched) for watched in (now, before)) >= comparison.MIN_EVENTS
        assert bool(found) == bool(enough and mine and theirs)
        if found:  # Zou and Donner's bounds, from those of each
            (value, low, high), (value_before, low_before, high_before) = mine, theirs
            change = value - value_before
            expected = (change - sqrt((value - low) ** 2 + (high_before - value_before) ** 2),
                        change + sqrt((high - value) ** 2 + (value_before - low_before) ** 2))  # fmt: skip
            assert (found.now, found.before, found.difference.value) == (value, value_before, change)
            assert (found.difference.low, found.difference.high) == near(expected)


WEEK = tuple((BEGIN + n * DAY).date() for n in range(5))
slots = st.lists(st.integers(0, 2**12 - 1), min_size=5, max_size=5)


class TestCoOccurrence:
    @given(slots, slots)
    @slowly
    def test_a_week_against_all_ways_to_pair_its_days(
        self, known: ModuleType, mine: list[int], theirs: list[int]
    ) -> None:
        count = sum((a & b).bit_count() for a, b in zip(mine, theirs, strict=True))
        assume(count >= co_occurrence.MIN_SHARED_SLOTS)
        found = co_occurrence._test_pair(("a", "b"), {"a": mine, "b": theirs}, WEEK)
        mean, chance = known.permutation_chance(mine, theirs)
        assert found
        assert (found.count, found.expected) == (count, near(mean))
        # Shuffles are drawn, and end early once nothing can come of them: five standard errors of 40 of them.
        assert found.p_value == pytest.approx(chance, rel=5 / sqrt(co_occurrence.MAX_EXCEEDANCES), abs=0.02)


class TestCoincidence:
    @given(st.sets(st.integers(0, 299), min_size=3, max_size=12), st.lists(st.integers(0, 299), max_size=80))
    @example({0, 1, 277}, [0, 0, 0])  # the time after the last mark reaches the first one
    @slowly
    def test_every_circular_shift(self, known: ModuleType, places: set[int], reports: list[int]) -> None:
        bins, size = 300, coincidence.BIN
        marks, at = ([BEGIN + place * size for place in some] for some in (places, reports))
        found = coincidence.reports_after_events("deployment", marks, at, BEGIN, BEGIN + bins * size)
        counts = [reports.count(place) for place in range(bins)]
        shifted = known.shifted_counts(sorted(places), counts, coincidence.WINDOW_BINS)
        window = {place + n for place in places for n in range(coincidence.WINDOW_BINS)}
        count = sum(counts[place] for place in window if place < bins)
        assert bool(found) == (count >= coincidence.MIN_EVENTS)
        if found:
            assert (found.events, found.count, found.expected) == (len(places), count, near(sum(shifted) / bins))
            assert found.p_value == near(sum(one >= count for one in shifted) / bins)


names = st.sampled_from(["Payslips", "Pay run", "Time sheets", "Login", "Reports", "Bank export"])


class TestConcentration:
    @given(st.dictionaries(names, st.integers(0, 60), min_size=2))
    @checked
    def test_heavy(self, known: ModuleType, counts: dict[str, int]) -> None:
        total, share = sum(counts.values()), 1 / len(counts)
        exact = {name: known.binomial_at_least(n, total, share) for name, n in counts.items()}
        holds = known.false_discoveries([*exact.values()], concentration.FALSE_DISCOVERY_RATE)
        expected = {name for name, hold in zip(exact, holds, strict=True) if hold}
        found = concentration.overrepresented_modules(counts)
        assert {one.name for one in found} == (expected if total * share >= concentration.MIN_EXPECTED else set())
        assert [one.p_value for one in found] == near([exact[one.name] for one in found], 1e-8)

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0.05, 0.1, 0.2]))
    @checked
    def test_discoveries(self, known: ModuleType, chances: list[float], rate: float) -> None:
        found = concentration.benjamini_hochberg([*range(len(chances))], chances, rate)
        holds = known.false_discoveries(chances, rate)
        assert found == [n for n, hold in enumerate(holds) if hold]

    @given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=5))
    @checked
    def test_residuals(self, known: ModuleType, table: list[list[int]]) -> None:
        assume(all(map(sum, table)) and all(map(sum, zip(*table, strict=True))))
        cells = {(f"{r}", f"{c}"): n for r, row in enumerate(table) for c, n in enumerate(row)}
        expected = known.adjusted_residuals(table)
        found = concentration.adjusted_residuals(cells)
        total = sum(map(sum, table))
        for (row, column), n in cells.items():
            usual = sum(table[int(row)]) * sum(line[int(column)] for line in table) / total
            assert ((row, column) in found) == (usual >= concentration.MIN_EXPECTED), (row, column, n)
        assert [*found.values()] == near([expected[int(r)][int(c)] for r, c in found])

    @given(st.lists(st.lists(st.integers(0, 30), min_size=2, max_size=2), min_size=2, max_size=4))
    @slowly
    def test_gathered(self, known: ModuleType, table: list[list[int]]) -> None:
        assume(all(map(sum, table)) and all(map(sum, zip(*table, strict=True))))
        reports = [
            (f"{r}", f"{c}", TicketType.BUG) for r, row in enumerate(table) for c, n in enumerate(row) for _ in range(n)
        ]
        residuals, total = known.adjusted_residuals(table), sum(map(sum, table))
        tried = [(r, c) for r, row in enumerate(table) for c in range(len(row))
                 if sum(row) * sum(line[c] for line in table) / total >= concentration.MIN_EXPECTED]  # fmt: skip
        chances = [known.two_sided(residuals[r][c]) for r, c in tried]
        holds = known.false_discoveries(chances, concentration.FALSE_DISCOVERY_RATE) if tried else []
        expected = {cell for cell, hold in zip(tried, holds, strict=True) if hold and residuals[cell[0]][cell[1]] > 0}
        assert {(int(one.module), int(one.group)) for one in concentration.hotspots(reports)} == expected

    @given(st.dictionaries(names, st.tuples(st.integers(1, 100), st.integers(0, 60)), min_size=2))
    @checked
    def test_silent(self, known: ModuleType, groups: dict[str, tuple[int, int]]) -> None:
        people, reports = ({name: pair[n] for name, pair in groups.items()} for n in (0, 1))
        found = {one.name: one for one in concentration.quiet_groups(reports, people)}
        for name, (size, count) in groups.items():
            rate = (sum(reports.values()) - count) / (sum(people.values()) - size)
            chance = known.poisson_at_most(count, rate * size) if rate * size >= concentration.MIN_EXPECTED else 1.0
            assert (name in found) == (count < rate * size and chance < concentration.SIGNIFICANCE)
            if name in found:
                assert (found[name].expected, found[name].p_value) == near((rate * size, chance), 1e-8)


class TestCaptureRecapture:
    @given(st.integers(8, 60), st.data())
    @slowly
    def test_the_estimate_and_its_variance_have_no_bias(
        self, known: ModuleType, total: int, data: st.DataObject
    ) -> None:
        """Exact where users and testers together found at least as many as there are (Chapman 1951, Seber 1970)."""
        users = data.draw(st.integers(capture_recapture.MIN_FOUND_BY_BOTH, total))
        testers = data.draw(st.integers(total - users + capture_recapture.MIN_FOUND_BY_BOTH, total))
        outcomes = [(capture_recapture.chapman(users, testers, both), chance)
                    for both, chance in known.recaptures(total, users, testers)]  # fmt: skip
        assert all(found for found, _ in outcomes)
        mean = sum(found.total * chance for found, chance in outcomes if found)
        assert mean == near(total)
        variance = sum((found.total - mean) ** 2 * chance for found, chance in outcomes if found)
        assert sum(found.standard_error**2 * chance for found, chance in outcomes if found) == near(
            variance, 1e-7, 1e-7
        )


def alarms(counts: Sequence[int], rate: float) -> tuple[int, int] | None:
    """(start, day) of the alarm that stands, from the definition: the height of the sum over its lowest point."""
    reference = round(10 * control_charts.reference_value(rate))  # in tenths, so that sums are exact
    walk = [0, *accumulate(10 * count - reference for count in counts)]
    found = None
    for day in range(len(counts)):
        lowest = min(walk[: day + 2])
        level = walk[day + 1] - lowest
        if level == 0:
            found = None
        elif level >= 10 * control_charts.decision_interval(rate) and found is None:
            found = (max(n for n in range(day + 2) if walk[n] == lowest), day)
    return found


class TestControlCharts:
    @given(st.lists(st.integers(0, 100), min_size=8, max_size=60))
    @checked
    def test_limits(self, values: list[int]) -> None:
        found = control_charts.xmr_limits(values)
        middle = sum(values) / len(values)
        spread = sum(abs(b - a) for a, b in pairwise(values)) / (len(values) - 1) / (2 / sqrt(pi))  # by d2 of pairs
        assert found
        assert (found.mean, found.high) == near((middle, middle + 3 * spread), 1e-3, 1e-9)  # Wheeler rounds to 2.66
        assert found.low == near(max(0.0, 2 * middle - found.high), absolute=1e-9)

    @given(st.lists(st.integers(0, 6), max_size=60), st.lists(st.integers(0, 3), min_size=7, max_size=20))
    @example([1, 1, 0, 1, 4], [0, 0, 0, 0, 0, 0, 3])  # an alarm that rounding would miss
    @settings(max_examples=500, deadline=None)
    def test_cusum(self, counts: list[int], usual: list[int]) -> None:
        rate = (sum(usual) + 0.5) / (len(usual) + 1)
        found = control_charts.cusum_alarm(counts, usual)
        assert (found and (found.start, found.day)) == alarms(counts, rate)
        if found:
            assert (found.rate, found.is_provisional) == (rate, False)


days = st.integers(1, 40)
fixes = st.lists(st.tuples(days, st.none() | days), min_size=1, max_size=40)


class TestRecurrence:
    @given(fixes)
    @slowly
    def test_lasting(self, known: ModuleType, found: list[tuple[int, int | None]]) -> None:
        """Each fix was made so many days ago, and failed so many days after that, if it did by now."""
        window = NON_RECURRENCE // DAY
        failures = [BEGIN - (ago - after) * DAY if after and after <= ago else None for ago, after in found]
        made = [FixedTicket(Fix.ROOT_CAUSE, BEGIN - ago * DAY, failed)
                for (ago, _), failed in zip(found, failures, strict=True)]  # fmt: skip
        watched = [((one.failed - one.at) / DAY, True) if one.failed and one.failed - one.at <= NON_RECURRENCE
                   else (min((BEGIN - one.at) / DAY, window), False) for one in made]  # fmt: skip
        failed, n = sum(ended for _, ended in watched), len(watched)
        lasting = recurrence.fix_durability(made, BEGIN)[Fix.ROOT_CAUSE]
        steps = known.product_limit(tuple(watched))
        assert (lasting.n, lasting.failed) == (n, failed)
        assert (lasting.share.low, lasting.share.high) == near(known.wilson(failed, n))
        assert lasting.expected == near(1 - steps[-1][1] if steps else 0.0)


def test_days_against_earlier_days_are_compared_by_the_exact_test(known: ModuleType) -> None:
    now = [(date(2026, 3, 2) + n * DAY, float(count)) for n, count in enumerate((4, 6, 5, 7, 8))]
    before = [(date(2026, 2, 2) + n * DAY, float(count)) for n, count in enumerate((2, 3, 1, 4, 2, 40, 40))]
    found = comparison.compare_daily_counts(
        now, before
    )  # weekends count for nothing, since none is among the days of now
    assert found
    assert (found.now, found.before, found.ratio.value) == (6, near(12 / 5), near(30 / 12))
    assert known.rate_ratio_chance(30, 5, 12, 5, found.ratio.low, "larger") == near(0.025, 1e-6)
    assert known.rate_ratio_chance(30, 5, 12, 5, found.ratio.high, "smaller") == near(0.025, 1e-6)
