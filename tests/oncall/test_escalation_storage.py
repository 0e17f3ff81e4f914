"""Any sequence of actions on a critical: it pages exactly while it has no owner, and never once it is over."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from bot.context import AppContext
from bot.services.followup import deferral, verification, waiting
from bot.services.intake import duplicates, intake
from bot.services.oncall import escalations
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import work
from domain.errors import Refused
from domain.oncall.escalation import Escalation, EscalationState
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.closing import Solution
from domain.tickets.status import Status
from domain.tickets.ticket import Deferral, Intake, Report, Severity, Ticket
from storage.oncall.tables import escalations as escalations_table
from storage.oncall.tables import pages
from storage.operations.tables import timer_runs
from storage.operations.tables import timers as timers_table
from storage.store import Store
from tests.conftest import Clock
from tests.support.ready import COUNTER

PHASE = PhaseSettings(
    key="PAY",
    name="Payday",
    triage_channel="C0000001",
    oncall_channel="C0000002",
    leads=("U0LENA0",),
    responders=("U0JO000", "U0RAVI0"),
)
MARIA, TOM, JO, RAVI, LENA = (Person(one) for one in ("U0MARIA", "U0TOM00", "U0JO000", "U0RAVI0", "U0LENA0"))
WAITS = (EscalationState.ESCALATING, EscalationState.EXHAUSTED, EscalationState.SNOOZED)
ACTIONS = ("acknowledge", "take", "assign", "status", "reply", "ask", "answer", "resolve", "confirm", "reopen", "defer",
         "lower", "raise", "escalate", "decline", "decline as owner", "snooze", "still working", "withdraw", "merge",
         "unmerge", "away")  # fmt: skip
PAUSES = st.sampled_from([0, 1, 4, 6, 11, 31, 45])


@pytest.mark.long
@settings(max_examples=13, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PAUSES, st.sampled_from(ACTIONS)), min_size=1, max_size=14))
@example([(0, "ask"), (0, "still working")])
def test_people_are_paged_exactly_while_a_critical_has_no_owner(
    store: Store, clock: Clock, actions: list[tuple[int, str]]
) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    with store.begin() as tx:  # escalations of other examples would go on for ever
        for table in (pages, escalations_table, timer_runs, timers_table):
            tx.connection.execute(delete(table) if table is not timers_table else update(table).values(next_at=None))
    if not phases.list_phases(app):
        phases.apply_settings(app, PHASE)
    ticket = intake.open_ticket(app, Report(summary="Down", severity=Severity.CRITICAL), person=MARIA,
                                intake=Intake.COMMAND)  # fmt: skip
    other = intake.open_ticket(app, Report(summary="Slow", severity=Severity.LOW), person=TOM, intake=Intake.COMMAND)
    holds(app, ticket.id)
    for pause, action in actions:
        passes(app, clock, pause)
        calls = called(app, ticket.id)
        try:
            does(app, action, ticket.id, other.id)
        except Refused:
            assert called(app, ticket.id) == calls
        fires(app)
        holds(app, ticket.id)
    if is_over(now(app, ticket.id)[0]):
        calls = called(app, ticket.id)
        clock.forward(days=40)
        fires(app)
        assert now(app, ticket.id)[0].status is Status.DEFERRED or called(app, ticket.id) == calls or not is_over(
            now(app, ticket.id)[0])  # fmt: skip


def holds(app: AppContext, ticket_id: int) -> None:
    """Check what must be true at every moment."""
    ticket, escalation = now(app, ticket_id)
    live = escalation is not None and escalation.is_live
    if is_over(ticket):
        assert not live
        return
    if ticket.status is Status.RECEIVED and ticket.severity is Severity.CRITICAL:
        assert escalation is not None
        assert escalation.state in WAITS
    if escalation is None or not live:
        return
    if escalation.state.is_owned:
        assert ticket.owner == escalation.owner
        assert ticket.status is not Status.RECEIVED
    resting = escalation.state is EscalationState.EXHAUSTED or (
        escalation.state.is_owned and ticket.status is Status.WAITING
    )
    with app.store.read() as tx:
        due = tx.timers.find_next(f"escalation:{escalation.id}")
    assert (due is None) == resting
    assert due is None or due > app.now()


def is_over(ticket: Ticket) -> bool:
    return not ticket.status.is_open or ticket.status is Status.DEFERRED


def now(app: AppContext, ticket_id: int) -> tuple[Ticket, Escalation | None]:
    with app.store.read() as tx:
        return tx.tickets.get_ticket(ticket_id), tx.escalations.find_newest(ticket_id)


def called(app: AppContext, ticket_id: int) -> int:
    with app.store.read() as tx:
        escalation = tx.escalations.find_newest(ticket_id)
        return len(tx.escalations.list_pages(escalation.id)) if escalation else 0


def passes(app: AppContext, clock: Clock, minutes: int) -> None:
    """Let time pass; what is due meanwhile fires at its moment, as by the clock."""
    until = clock() + timedelta(minutes=minutes)
    while (due := next_due(app)) is not None and due <= until:
        clock.at = max(clock.at, due)
        fires(app)
    clock.at = until


def next_due(app: AppContext) -> datetime | None:
    with app.store.read() as tx:
        return tx.timers.next_due()


def fires(app: AppContext) -> None:
    while timers.run_due(app):
        pass


def does(app: AppContext, action: str, ticket_id: int, other: int) -> None:  # noqa: C901, PLR0912 - a table
    _, escalation = now(app, ticket_id)
    number = escalation.id if escalation else 0
    match action:
        case "acknowledge":
            work.acknowledge(app, ticket_id, JO)
        case "take":
            work.take(app, ticket_id, RAVI)
        case "assign":
            work.assign(app, ticket_id, LENA, RAVI.id)
        case "status":
            work.set_status(app, ticket_id, JO, Status.FIXING)
        case "reply":
            work.reply(app, ticket_id, RAVI, "We are at it")
        case "ask":
            waiting.ask_reporter(app, ticket_id, JO, "Which page?")
        case "answer":
            intake.add_details(app, ticket_id, {"steps": "Log in"}, person=MARIA, request=f"answer {next(COUNTER)}")
        case "resolve":
            verification.resolve(app, ticket_id, JO, Solution(explanation="Restarted", test="Logged in"))
        case "confirm":
            verification.confirm(app, ticket_id, MARIA)
        case "reopen":
            verification.reopen(app, ticket_id, MARIA, "Again")
        case "defer":
            due = date.fromisoformat((app.now() + timedelta(days=20)).date().isoformat())
            deferral.defer(app, ticket_id, LENA, next(iter(Deferral)), "Later", due)
        case "lower" | "raise":
            work.weigh(app, ticket_id, LENA, Severity.LOW if action == "lower" else Severity.CRITICAL, "", {})
        case "escalate":
            escalations.escalate(app, ticket_id, TOM, "Payday")
        case "decline":
            escalations.decline(app, number, LENA)
        case "decline as owner":
            escalations.decline(app, number, JO)
        case "snooze":
            escalations.snooze(app, number, RAVI)
        case "still working":
            escalations.confirm_owner(app, number, JO)
        case "withdraw":
            work.withdraw(app, ticket_id, MARIA)
        case "merge":
            duplicates.merge(app, ticket_id, other, LENA)
        case "away":
            app.now.forward(days=1)  # type: ignore[attr-defined]
        case "unmerge":
            duplicates.unmerge(app, ticket_id, LENA)
