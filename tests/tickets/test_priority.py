"""Priority by its published vectors, and by what must always hold: more of anything never means less."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.phases.phase import Phase
from domain.reporting.settings import ReportingSettings, UserGroup
from domain.tickets.priority import Effort, PriorityInputs, frequency, impact, parts, rank, reach, score
from domain.tickets.ticket import Severity

shares = st.floats(0, 1)
inputs = st.builds(
    PriorityInputs,
    severity=st.sampled_from(Severity),
    reach=shares,
    business=shares,
    urgency=shares,
    rate=st.floats(0, 500),
)
efforts = st.sampled_from(["", *Effort])


@pytest.mark.parametrize(("given_", "hurt", "often", "points"), [
    (PriorityInputs(severity=Severity.LOW, reach=0.8, rate=20), 0.558, 1.0, 57.9),
    (PriorityInputs(severity=Severity.HIGH, reach=0.05, rate=0.1), 0.709, 0.031, 36.4),
])  # fmt: skip
def test_the_vectors(given_: PriorityInputs, hurt: float, often: float, points: float) -> None:
    assert impact(given_) == pytest.approx(hurt, abs=0.0005)
    assert frequency(given_.rate) == pytest.approx(often, abs=0.0005)
    assert score(given_) == pytest.approx(points, abs=0.05)


def test_the_frequent_small_one_outranks_the_rare_large_one_but_no_critical() -> None:
    small, large = (
        PriorityInputs(severity=Severity.LOW, reach=0.8, rate=20),
        PriorityInputs(severity=Severity.HIGH, reach=0.05, rate=0.1),
    )
    critical = PriorityInputs(severity=Severity.CRITICAL)
    places = [rank(one).place for one in (critical, small, large)]
    assert places == sorted(places, reverse=True)


@given(inputs, st.sampled_from(["reach", "business", "urgency", "rate", "severity"]), st.floats(0, 1), efforts)
def test_more_of_anything_never_means_less(before: PriorityInputs, name: str, more: float, effort: str) -> None:
    if name == "severity":
        after = replace(before, severity=list(Severity)[max(0, before.severity.rank - 1)])
    else:
        value = getattr(before, name)
        after = replace(before, **{name: value + more if name == "rate" else value + (1 - value) * more})
    assert score(after) >= score(before) - 1e-9
    assert rank(after, effort).place >= rank(before, effort).place - 1e-6


@given(inputs, inputs, efforts, efforts)
def test_a_critical_is_never_below_one_that_is_not(
    one: PriorityInputs, other: PriorityInputs, effort: str, small: str
) -> None:
    critical, high = replace(one, severity=Severity.CRITICAL), replace(other, severity=Severity.HIGH)
    assert rank(critical, effort).place > rank(high, small).place


@given(inputs)
def test_effort_orders_equals_and_nothing_else(given_: PriorityInputs) -> None:
    places = [rank(given_, effort).place for effort in (Effort.S, Effort.M, "", Effort.L, Effort.XL)]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 5
    assert places[0] - places[-1] < 1e-4  # less than any input that people notice
    assert len({rank(given_, effort).priority for effort in Effort}) == 1


@given(inputs)
def test_the_reasons_add_up_to_the_score(given_: PriorityInputs) -> None:
    assert sum(parts(given_).values()) == pytest.approx(score(given_))
    assert list(parts(given_).values()) == sorted(parts(given_).values(), reverse=True)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_reach_is_a_share(affected: int, users: int) -> None:
    assert 0 <= reach(affected, users) <= 1
    assert reach(affected, users) <= reach(affected + 1, users)


def test_what_was_put_off_comes_after_everything() -> None:
    off = rank(PriorityInputs(severity=Severity.CRITICAL, reach=1, rate=100), is_deferred=True)
    assert off.place < rank(PriorityInputs(severity=Severity.LOW)).place


def test_the_people_of_a_system_are_those_of_its_user_groups_where_none_are_given() -> None:
    phase = Phase(key="PAY", name="Payday", triage_channel="C000001", oncall_channel="C000002", leads=("U0LENA0",))
    office = UserGroup(name="Payroll office", members=("U0MARIA",), people=14)
    clerks = UserGroup(name="Clerks", members=("U0MARIA", "U0TOM00", "U0ANN00"))
    grouped = phase.model_copy(update={"reporting": ReportingSettings(user_groups=(office, clerks))})
    assert [one.user_count for one in (phase, grouped, grouped.model_copy(update={"users": 50}))] == [0, 16, 50]
