"""Rules of decisions and triggers: burn rates, when a trigger fires, and the bounds of the figures."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.views.decisions.decisions import asked
from domain.decisions.decision import (
    Decision,
    DecisionDraft,
    DecisionKind,
    DecisionState,
    check_choice,
    check_draft,
    decision_figures,
)
from domain.decisions.settings import ROLES
from domain.decisions.triggers import (
    TriggerMeasure,
    Watch,
    burn_of_limit,
    parse_rule,
    watched,
)
from domain.errors import Refused
from domain.phases.settings import PhaseSettings, Role
from domain.statistics.burn_rates import burn_rate
from domain.statistics.intervals import median_interval

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def decision(**more: object) -> Decision:
    usual = {"id": 1, "phase_id": 1, "kind": DecisionKind.GO_NO_GO, "question": "Roll back?",
             "options": ("Roll back", "Go on"), "opened_by": "U0LENA0", "opened_at": NOW}  # fmt: skip
    return Decision(**{**usual, **more})  # type: ignore[arg-type]


def test_a_burn_rate_is_the_error_rate_by_the_budget() -> None:
    """The values of the SRE Workbook for an SLO of 99.9 % in 30 days."""
    assert burn_rate(0.0144, 0.999) == pytest.approx(14.4)
    assert burn_rate(0.001, 0.999) == pytest.approx(1)
    fast = {HOUR: 0.0145, 5 * MINUTE: 0.02}
    assert burn_of_limit(fast, 0.999) > 1
    assert burn_of_limit({**fast, 5 * MINUTE: 0.001}, 0.999) < 1, "it is over already"
    slow = {HOUR: 0.001, 5 * MINUTE: 0, 6 * HOUR: 0.0061, 30 * MINUTE: 0.0062}
    assert burn_of_limit(slow, 0.999) > 1
    assert burn_of_limit({**slow, 6 * HOUR: 0.0059}, 0.999) < 1
    assert burn_of_limit({}, 0.999) == 0


@pytest.mark.parametrize(
    ("text", "measure", "value", "minutes"),
    [("critical_open >= 3 for 30m", TriggerMeasure.CRITICAL_OPEN, 3, 30),
     ("error_budget_burn", TriggerMeasure.ERROR_BUDGET_BURN, 1, 0),
     ("uptime < 99.5 for 1h30m", TriggerMeasure.UPTIME, 99.5, 90), ("open>10", TriggerMeasure.OPEN, 10, 0)],
)  # fmt: skip
def test_a_rule_is_read(text: str, measure: TriggerMeasure, value: float, minutes: int) -> None:
    rule = parse_rule(text)
    assert (rule.measure, rule.value, rule.lasting) == (measure, value, timedelta(minutes=minutes))


@pytest.mark.parametrize("text", ["", "critical_open", "criticals >= 3", "open >= x", "open >= 3 for", "open = 3"])
def test_a_rule_that_can_not_be_read_says_how_one_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="critical_open >= 3 for 30m"):
        parse_rule(text)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_a_trigger_fires_once_after_it_held_for_its_time_without_a_break(values: list[int]) -> None:
    rule, watch, fired = parse_rule("critical_open >= 3 for 5m"), Watch(), list[int]()
    for minute, value in enumerate(values):
        watch, fires = watched(rule, watch, value, NOW + minute * MINUTE)
        fired += [minute] if fires else []
    expected, run = list[int](), 0
    for minute, value in enumerate(values):
        run = run + 1 if value >= 3 else 0
        expected += [minute] if run == 6 else []
    assert fired == expected


def test_the_median_has_the_bounds_of_order_statistics() -> None:
    assert median_interval([]) is None
    few = median_interval([3, 1, 2])
    assert few
    assert (few.value, few.low, few.high) == (2, 1, 3)
    many = median_interval(list(range(1, 11)))  # for n = 10 the second and the ninth, 97.9 %
    assert many
    assert (many.value, many.low, many.high) == (5.5, 2, 9)


def test_figures_count_what_was_decided_and_reversed() -> None:
    found = [decision(), *(decision(state=DecisionState.DECIDED, decided_at=NOW + n * MINUTE) for n in (10, 20, 30)),
             decision(state=DecisionState.REVERSED, decided_at=NOW)]  # fmt: skip
    figures = decision_figures(found)
    assert figures.decided == 4
    assert figures.latency
    assert figures.latency.value == 20, "one that was recorded afterwards has no latency"
    assert figures.reversed
    assert (figures.reversed.value, round(figures.reversed.high, 3)) == (0.25, 0.699)


def test_nothing_is_decided_without_an_option_and_a_rationale() -> None:
    asked = decision()
    for choice, why, field in (("Sleep", "x", "choice"), ("Go on", "", "rationale")):
        with pytest.raises(Refused) as no:
            check_choice(asked, choice, why)
        assert no.value.field == field
    with pytest.raises(Refused, match="has decided D1 already: Go on"):
        check_choice(decision(state=DecisionState.DECIDED, choice="Go on", decided_by="U0LENA0"), "Roll back", "x")
    draft = DecisionDraft(kind=DecisionKind.SCOPE, question="Which?", options=("One",))
    with pytest.raises(Refused, match="at least two options"):
        check_draft(draft, NOW)
    late = DecisionDraft(kind=DecisionKind.SCOPE, question="Which?", options=("One", "Two"), due_at=NOW - MINUTE)
    with pytest.raises(Refused, match="This time has passed"):
        check_draft(late, NOW)


def test_the_roles_that_may_decide_are_those_of_a_phase() -> None:
    assert set(ROLES) == {one.value for one in Role}
    with pytest.raises(ValueError, match="who decides is an id"):
        PhaseSettings(key="PAY", name="Payday", triage_channel="C0000001", oncall_channel="C0000002",
                      leads=("U0LENA0",), decisions={"deciders": {"scope": ("everyone",)}})  # fmt: skip


def test_an_answer_follows_its_question_without_two_signs() -> None:
    assert [asked(words) for words in ("Wait, or end it?", "Order of work")] == ["Wait, or end it?", "Order of work:"]
