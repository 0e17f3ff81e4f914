"""Which rules fit, and that their bounds hold whatever happens."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.automation.rules import HOUR, PastMoment, fits, labels_of, occasion_of, occasions, try_rules
from domain.automation.settings import AutomationRule, AutomationSettings, RuleOccasion
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Report, Severity, Ticket

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICKET = Ticket(id=1, phase_id=1, key="PAY", number=1, reporter="U0MARIA", opened_at=AT, intake=Intake.COMMAND,
                report=Report(summary="The Bank export fails", severity=Severity.HIGH, module="Payroll / Bank",
                              extra={"store": "Berlin"}))  # fmt: skip


def rule(**more: object) -> AutomationRule:
    return AutomationRule.model_validate({"name": "one", "when": ("opened",), "page": True, **more})


def event(kind: EventKind, **data: str) -> Event:
    return Event(kind=kind, actor="U0JO000", at=AT, data=data)


@pytest.mark.parametrize(
    ("conditions", "does"),
    [({}, True), ({"severities": ("high",)}, True), ({"severities": ("critical",)}, False),
     ({"modules": ("payroll",)}, True), ({"modules": ("Till",)}, False), ({"statuses": ("received",)}, True),
     ({"statuses": ("resolved",)}, False), ({"labels": {"title": "*bank export*"}}, True),
     ({"labels": {"store": "berlin"}}, True), ({"labels": {"env": "prod"}}, True), ({"labels": {"env": "te*"}}, False),
     ({"labels": {"unknown": "?*"}}, False), ({"when": ("overdue",)}, False)],
)  # fmt: skip
def test_a_rule_fits_when_all_its_conditions_do(conditions: dict[str, object], does: bool) -> None:
    labels = labels_of(TICKET, {"env": "prod", "title": "of the alert"})
    found = fits(rule(**conditions), occasions([event(EventKind.OPENED)], Intake.COMMAND), TICKET, labels)
    assert found is (RuleOccasion.OPENED if does else None)


def test_each_occasion_comes_from_events() -> None:
    assert occasion_of(event(EventKind.SLA_WARNING, share="0.75")) is None
    assert occasion_of(event(EventKind.SLA_WARNING, share="1.0")) is RuleOccasion.OVERDUE
    assert occasion_of(event(EventKind.ANSWERED)) is None, "a word of the reporter changes no status"
    assert occasion_of(event(EventKind.ANSWERED, to="fixing")) is RuleOccasion.STATUS
    assert occasion_of(event(EventKind.AUTOMATED)) is None, "rules don't wait for rules"
    assert occasions([event(EventKind.OPENED)], Intake.SIGNAL) == {RuleOccasion.OPENED, RuleOccasion.SIGNAL}
    reached = {occasion_of(event(kind, to="fixing", share="1")) for kind in EventKind}
    assert reached == {None, *RuleOccasion}


@pytest.mark.parametrize(
    "wrong", [{"page": False}, {"when": ()}, {"tell": ("#payroll",)}, {"webhook": "http://x"}, {"assign": "jo"}]
)
def test_a_rule_that_says_nothing_useful_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        rule(**wrong)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 4)), max_size=60),
    st.integers(1, 5), st.integers(1, 9),
)  # fmt: skip
def test_a_rule_stays_within_its_bounds(happened: list[tuple[int, int]], limit: int, rest: int) -> None:
    bounds = AutomationSettings(rules=(rule(),), hourly_limit=limit, rest=f"{rest}h")
    past = [PastMoment(AT + timedelta(minutes=minute), [event(EventKind.OPENED)], replace(TICKET, id=which), {})
            for minute, which in happened]  # fmt: skip
    (found,) = try_rules(bounds, past)
    assert len(found.tickets) + found.resting + found.limited == len(happened)
    per_ticket = Counter(ticket.id for ticket in found.tickets)
    assert all(times <= 1 + timedelta(minutes=600) / timedelta(hours=rest) for times in per_ticket.values())
    assert len(found.tickets) <= limit * (1 + timedelta(minutes=600) / HOUR)


SEVERITIES, STATUSES = [*Severity], [Status.RECEIVED, Status.FIXING, Status.RESOLVED]
WORDS = st.sampled_from(["bank", "Bank export", "pay[2]", "pay2", "a?b", "axb", "", "50 %"])
PATTERNS = st.sampled_from(["*", "bank*", "*export", "pay[2]", "a?b", "b*k", "*a*", "50 %"])
CONDITIONS = st.fixed_dictionaries({
    "when": st.lists(st.sampled_from([*RuleOccasion]), min_size=1, max_size=3, unique=True),
    "severities": st.lists(st.sampled_from(SEVERITIES), max_size=2, unique=True),
    "statuses": st.lists(st.sampled_from(STATUSES), max_size=2, unique=True),
    "labels": st.dictionaries(st.sampled_from(["title", "store"]), PATTERNS, max_size=2),
})  # fmt: skip


def matches_letter_by_letter(pattern: str, text: str) -> bool:
    """Whether a text fits: `*` is any text, everything else itself, in whatever case."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(matches_letter_by_letter(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return text[:1].casefold() == pattern[0].casefold() and matches_letter_by_letter(pattern[1:], text[1:])


@settings(max_examples=150)
@given(CONDITIONS, st.sampled_from(SEVERITIES), st.sampled_from(STATUSES), WORDS, WORDS, st.sets(
    st.sampled_from([*RuleOccasion])))  # fmt: skip
def test_rules_fit_what_a_plain_reading_of_their_table_says(
    given_: dict[str, Any], severity: Severity, status: Status, title: str, store: str, happened: set[RuleOccasion]
) -> None:
    report = replace(TICKET.report, summary=title, severity=severity, extra={"store": store})
    ticket = replace(TICKET, report=report, status=status)
    found = fits(rule(**given_), happened, ticket, labels_of(ticket, {}))
    values = {"title": title, "store": store}
    expected = (
        any(one in happened for one in given_["when"])
        and severity in (given_["severities"] or SEVERITIES)
        and status in (given_["statuses"] or STATUSES)
        and all(matches_letter_by_letter(wanted, values[name]) for name, wanted in given_["labels"].items())
    )
    assert (found is not None) == expected
    assert found is None or found in happened


def test_the_status_of_a_closed_ticket_is_a_condition_too() -> None:
    closed = replace(TICKET, status=Status.WITHDRAWN)
    assert fits(rule(when=("status",), statuses=("withdrawn",)), {RuleOccasion.STATUS}, closed, {})
