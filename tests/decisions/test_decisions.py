"""Decisions on both databases: who decides, triggers with timer and deputy, reversal, outcome, and private tickets."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from bot.context import AppContext
from bot.services.decisions import decisions
from bot.services.intake import intake
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import digest, readings
from bot.services.tickets import work
from domain.decisions.decision import DecisionDraft, DecisionKind, DecisionState
from domain.errors import Refused
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.event import EventKind
from domain.tickets.ticket import ChangeScope, Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI, TOM

ASKED = DecisionDraft(kind=DecisionKind.GO_NO_GO, question="Roll back?", options=("Roll back", "Go on"))
TRIGGER = {"name": "criticals", "rule": "critical_open >= 2 for 10m", "question": "Roll back the release?",
           "options": ("Roll back", "Go on"), "approver": RAVI.id, "deputy": JO.id,
           "steps": {"Roll back": ("Stop the import", "Restore 1.0.2")}}  # fmt: skip
CALLS, DESK = "C0000002", "C0000001"


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    apply(app)
    return app


def apply(app: AppContext, **decided: Any) -> None:
    settings = PHASE.model_dump() | {"decisions": decided, "roles": {"business": (TOM.id, "The board")}}
    phases.apply_settings(app, PhaseSettings.model_validate(settings))


def opened(app: AppContext, severity: Severity = Severity.CRITICAL, **more: Any) -> int:
    report = Report(summary="No one can log in", severity=severity, **more)
    return intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND).id


def told(app: AppContext, channel: str, text: str) -> list[str]:
    asked = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id).where(lanes.c.channel == channel)
    with app.store.read() as tx:
        every = [str(payload) for payload in tx.connection.scalars(asked.order_by(messages.c.id))]
    return [one for one in every if text in one]


def pass_minutes(app: AppContext, clock: Clock, count: int) -> None:
    for _ in range(count):
        clock.forward(minutes=1)
        while timers.run_due(app):
            pass


def newest(app: AppContext) -> Any:
    with app.store.read() as tx:
        return tx.decisions.list_of_phase(1)[0]


def test_a_trigger_asks_its_approver_then_the_deputy_and_then_the_leads(app: AppContext, clock: Clock) -> None:
    apply(app, triggers=(TRIGGER,))
    opened(app)
    opened(app, type=TicketType.SECURITY)
    pass_minutes(app, clock, 9)
    assert not told(app, CALLS, "A decision is needed")
    pass_minutes(app, clock, 3)
    (asked,) = told(app, CALLS, "A decision is needed: Roll back the release?")
    assert f"<@{RAVI.id}> please decide" in asked
    assert "PAY-1 No one can log in" in asked
    assert "PAY-2" not in asked, "a private ticket is counted and not named"
    assert told(app, RAVI.id, "A decision is needed")
    assert not told(app, JO.id, "No one has decided D1")
    pass_minutes(app, clock, 15)
    assert told(app, JO.id, "No one has decided D1 in time")
    assert not told(app, LENA.id, "No one has decided D1")
    pass_minutes(app, clock, 15)
    assert told(app, LENA.id, "No one has decided D1 in time")
    decisions.decide(app, JO, 1, "Roll back", "Two criticals for half an hour")
    assert "Restore 1.0.2" in told(app, CALLS, "decided D1: Roll back")[0]
    decisions.record_outcome(app, LENA, 1, ("Stop the import",), "Logins work again")
    assert "Not done yet" in told(app, CALLS, "Logins work again")[0]
    pass_minutes(app, clock, 20)
    with app.store.read() as tx:
        assert len(tx.decisions.list_of_phase(1)) == 1, "it fires once while its rule holds"


def test_the_error_budget_fires_a_trigger(app: AppContext, clock: Clock) -> None:
    apply(app, triggers=({**TRIGGER, "name": "burn", "rule": "error_budget_burn"},))
    for minute in range(4):
        readings.receive(app, "PAY", {"requests": 1000, "errors": 3}, f"count {minute}")
        pass_minutes(app, clock, 1)
    assert not told(app, CALLS, "A decision is needed")
    readings.receive(app, "PAY", {"requests": 1000, "errors": 90}, "count many")
    pass_minutes(app, clock, 2)
    assert "Error budget burn" in told(app, CALLS, "A decision is needed")[0]
    with pytest.raises(Refused, match="whole numbers"):
        readings.receive(app, "PAY", {"requests": 5, "errors": 9}, "count wrong")


def test_who_may_decide_is_named_by_kind(app: AppContext) -> None:
    apply(app, deciders={"scope": ("business",), "go_no_go": (RAVI.id,)})
    go = decisions.add(app, JO, "PAY", ASKED)
    assert go.asked == (RAVI.id,)
    for person in (JO, TOM):
        with pytest.raises(Refused, match=r"You can't decide this|no such decision"):
            decisions.decide(app, person, go.id, "Go on", "It is fine")
    scope = decisions.add(app, JO, "PAY", replace(ASKED, kind=DecisionKind.SCOPE))
    assert decisions.decide(app, TOM, scope.id, "Go on", "It is fine").decided_by == TOM.id
    with pytest.raises(Refused, match="You can't decide this"):
        decisions.add(app, JO, "PAY", replace(ASKED, choice="Go on", rationale="I say so"))
    with pytest.raises(Refused, match="Only the team"):
        decisions.add(app, Person("U0ANN00"), "PAY", ASKED)


def test_of_two_people_who_decide_at_once_the_second_reads_what_was_decided(app: AppContext) -> None:
    found = decisions.add(app, JO, "PAY", ASKED)
    decisions.decide(app, LENA, found.id, "Go on", "It is fine")
    with pytest.raises(Refused, match="has decided D1 already: Go on"):
        decisions.decide(app, LENA, found.id, "Roll back", "It is not")
    with pytest.raises(Refused, match="has decided D1 already"):
        decisions.open_decide_form(app, LENA, found.id)


def test_of_two_who_press_at_the_same_moment_one_decides_and_the_other_reads_it(app: AppContext) -> None:
    boss = Person("U0BOSS00")
    apply(app, deciders={DecisionKind.GO_NO_GO: (LENA.id, boss.id)})
    found, ready = decisions.add(app, JO, "PAY", ASKED), Barrier(2)

    def presses(person: Person, choice: str) -> str:
        ready.wait()
        try:
            return decisions.decide(app, person, found.id, choice, "I say so", f"press of {person.id}").choice
        except Refused as no:
            return no.text

    with ThreadPoolExecutor(2) as both:
        said = [*both.map(presses, (LENA, boss), ASKED.options)]
    chosen = newest(app).choice
    assert sorted(one in ASKED.options for one in said) == [False, True]
    assert chosen in said
    assert [one for one in said if f"has decided D1 already: {chosen}" in one]
    assert len(told(app, CALLS, f"decided D1: {chosen}")) == 1


def test_a_reversal_keeps_both_and_is_counted(app: AppContext, clock: Clock) -> None:
    ticket = opened(app)
    first = decisions.add(app, JO, "PAY", replace(ASKED, ticket_id=ticket))
    clock.forward(minutes=20)
    decisions.decide(app, LENA, first.id, "Go on", "It is fine")
    second = decisions.add(app, LENA, "PAY", replace(ASKED, ticket_id=ticket, reverses=first.id, choice="Roll back",
                                                     rationale="It was not"))  # fmt: skip
    with app.store.read() as tx:
        before = tx.decisions.find_decision(first.id)
        kinds = [one.kind for one in tx.tickets.list_events(ticket)]
    assert before
    assert (before.state, second.reverses) == (DecisionState.REVERSED, first.id)
    assert kinds.count(EventKind.DECIDED) == 2
    page = str(decisions.page(app, JO, DESK, ()))
    assert "Time to decide, median: 20 min" in page
    assert "Reversed: 50 % of 2" in page
    assert "reverses D1" in page
    with pytest.raises(Refused, match="reversed already"):
        decisions.open_reverse_form(app, JO, first.id)


def test_a_decision_that_is_late_goes_to_the_leads(app: AppContext, clock: Clock) -> None:
    apply(app, deciders={"go_no_go": (RAVI.id,)})
    decisions.add(app, JO, "PAY", replace(ASKED, due_at=clock().replace(hour=10)))
    clock.at = datetime.fromisoformat("2026-03-02T10:01:00+00:00")
    while timers.run_due(app):
        pass
    assert told(app, LENA.id, "No one has decided D1 in time")
    assert "Decisions open: 1. Overdue: 1." in str(digest.preview(app, LENA, DESK, ()))


def test_what_is_decided_about_a_private_ticket_stays_there(app: AppContext) -> None:
    ticket = opened(app, type=TicketType.SECURITY)
    made = decisions.add(app, LENA, "PAY", replace(ASKED, ticket_id=ticket, choice="Roll back", rationale="A hole"))
    assert not told(app, CALLS, "Roll back")
    assert told(app, LENA.id, "decided D1: Roll back"), "the thread of a private ticket is with the lead"
    assert "Roll back" not in str(decisions.page(app, JO, DESK, ()))
    with pytest.raises(Refused, match="no such decision"):
        decisions.get_decision(app, RAVI, made.id)


def test_an_accepted_ticket_is_a_hotfix_a_patch_or_part_of_a_release(app: AppContext) -> None:
    ticket = opened(app, Severity.HIGH)
    with pytest.raises(Refused, match="Acknowledge it first"):
        work.set_scope(app, ticket, JO, scope=ChangeScope.HOTFIX)
    work.take(app, ticket, JO)
    assert work.set_scope(app, ticket, JO, scope=ChangeScope.HOTFIX).scope is ChangeScope.HOTFIX
    with pytest.raises(Refused, match="already planned as a hotfix"):
        work.set_scope(app, ticket, JO, scope=ChangeScope.HOTFIX)
    work.set_scope(app, ticket, RAVI, scope=ChangeScope.PATCH)
    assert "Tickets by how they are delivered: patch 1." in str(decisions.page(app, JO, DESK, ()))
