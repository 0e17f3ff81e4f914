"""Whatever is done to a critical, in any order: while nobody has it somebody is called, and never once it is over."""

from datetime import date, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from bot.context import Desk
from bot.services.followup import deferral, verification, waiting
from bot.services.intake import duplicates, intake
from bot.services.oncall import escalations
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.tickets import work
from bot.settings.phase_file import PhaseFile
from domain.errors import Refused
from domain.oncall.escalation import Escalation, State
from domain.tickets.closing import Solution
from domain.tickets.permissions import Person
from domain.tickets.ticket import Deferral, Intake, Report, Severity, Status, Ticket
from storage.oncall.tables import escalations as escalations_table
from storage.oncall.tables import pages
from storage.operations.tables import timers as timers_table
from storage.store import Store
from tests.conftest import Clock
from tests.support.ready import COUNTER

PHASE = PhaseFile(key="PAY", name="Payday", desk_channel="C0000001", oncall_channel="C0000002", leads=("U0LENA0",),
                  responders=("U0JO000", "U0RAVI0"))  # fmt: skip
MARIA, TOM, JO, RAVI, LENA = (Person(one) for one in ("U0MARIA", "U0TOM00", "U0JO000", "U0RAVI0", "U0LENA0"))
WAITS = (State.CLIMBING, State.SPENT, State.SNOOZED)
DEEDS = ("acknowledge", "take", "assign", "status", "reply", "ask", "answer", "resolve", "confirm", "reopen", "defer",
         "lower", "raise", "escalate", "not me", "not mine", "snooze", "still", "withdraw", "merge", "unmerge",
         "away")  # fmt: skip
PAUSES = st.sampled_from([0, 1, 4, 6, 11, 31, 45])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PAUSES, st.sampled_from(DEEDS)), min_size=1, max_size=14))
@example([(0, "ask"), (0, "still")])
def test_somebody_is_called_exactly_while_nobody_has_it(
    store: Store, clock: Clock, deeds: list[tuple[int, str]]
) -> None:
    desk = Desk(store=store, now=clock, bot_user="U0BOT00")
    with store.begin() as tx:  # what other examples left behind would climb for ever
        for table in (pages, escalations_table, timers_table):
            tx.connection.execute(delete(table) if table is not timers_table else update(table).values(next_at=None))
    if not phases.every(desk):
        phases.apply(desk, PHASE)
    ticket = intake.open_ticket(desk, Report(summary="Down", severity=Severity.CRITICAL), person=MARIA,
                                intake=Intake.COMMAND)  # fmt: skip
    other = intake.open_ticket(desk, Report(summary="Slow", severity=Severity.LOW), person=TOM, intake=Intake.COMMAND)
    holds(desk, ticket.id)
    for pause, deed in deeds:
        for _ in range(pause):  # every minute, as the clock would
            clock.forward(minutes=1)
            fires(desk)
        calls = called(desk, ticket.id)
        try:
            does(desk, deed, ticket.id, other.id)
        except Refused:
            assert called(desk, ticket.id) == calls
        fires(desk)
        holds(desk, ticket.id)
    if is_over(now(desk, ticket.id)[0]):
        calls = called(desk, ticket.id)
        clock.forward(days=40)
        fires(desk)
        assert now(desk, ticket.id)[0].status is Status.DEFERRED or called(desk, ticket.id) == calls or not is_over(
            now(desk, ticket.id)[0])  # fmt: skip


def holds(desk: Desk, ticket_id: int) -> None:
    """What is true at every moment."""
    ticket, e = now(desk, ticket_id)
    live = e is not None and e.is_live
    if is_over(ticket):
        assert not live
        return
    if ticket.status is Status.RECEIVED and ticket.severity is Severity.CRITICAL:
        assert e is not None
        assert e.state in WAITS
    if e is None or not live:
        return
    if e.state.is_owned:
        assert ticket.owner == e.owner
        assert ticket.status is not Status.RECEIVED
    resting = e.state is State.SPENT or (e.state.is_owned and ticket.status is Status.WAITING)
    with desk.store.read() as tx:
        due = tx.timers.find(f"climb:{e.id}")
    assert (due is None) == resting
    assert due is None or due > desk.now()


def is_over(ticket: Ticket) -> bool:
    return not ticket.status.is_open or ticket.status is Status.DEFERRED


def now(desk: Desk, ticket_id: int) -> tuple[Ticket, Escalation | None]:
    with desk.store.read() as tx:
        return tx.tickets.get(ticket_id), tx.escalations.of(ticket_id)


def called(desk: Desk, ticket_id: int) -> int:
    with desk.store.read() as tx:
        e = tx.escalations.of(ticket_id)
        return len(tx.escalations.called(e.id)) if e else 0


def fires(desk: Desk) -> None:
    while timers.fire(desk):
        pass


def does(desk: Desk, deed: str, ticket_id: int, other: int) -> None:  # noqa: C901, PLR0912 - a table
    _, e = now(desk, ticket_id)
    number = e.id if e else 0
    match deed:
        case "acknowledge":
            work.acknowledge(desk, ticket_id, JO)
        case "take":
            work.take(desk, ticket_id, RAVI)
        case "assign":
            work.assign(desk, ticket_id, LENA, RAVI.id)
        case "status":
            work.set_status(desk, ticket_id, JO, Status.FIXING)
        case "reply":
            work.reply(desk, ticket_id, RAVI, "We are at it")
        case "ask":
            waiting.ask(desk, ticket_id, JO, "Which page?")
        case "answer":
            intake.add_details(desk, ticket_id, {"steps": "Log in"}, person=MARIA, request=f"answer {next(COUNTER)}")
        case "resolve":
            verification.resolve(desk, ticket_id, JO, Solution(explanation="Restarted"))
        case "confirm":
            verification.confirm(desk, ticket_id, MARIA)
        case "reopen":
            verification.reopen(desk, ticket_id, MARIA, "Again")
        case "defer":
            due = date.fromisoformat((desk.now() + timedelta(days=20)).date().isoformat())
            deferral.defer(desk, ticket_id, LENA, next(iter(Deferral)), "Later", due)
        case "lower" | "raise":
            work.weigh(desk, ticket_id, LENA, Severity.LOW if deed == "lower" else Severity.CRITICAL, "", {})
        case "escalate":
            escalations.escalate(desk, ticket_id, TOM, "Payday")
        case "not me":
            escalations.not_me(desk, number, LENA)
        case "not mine":
            escalations.not_me(desk, number, JO)
        case "snooze":
            escalations.snooze(desk, number, RAVI)
        case "still":
            escalations.still_mine(desk, number, JO)
        case "withdraw":
            work.withdraw(desk, ticket_id, MARIA)
        case "merge":
            duplicates.merge(desk, ticket_id, other, LENA)
        case "away":
            desk.now.forward(days=1)  # type: ignore[attr-defined]
        case "unmerge":
            duplicates.unmerge(desk, ticket_id, LENA)
