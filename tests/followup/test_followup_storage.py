"""After any order of actions, the last message to a reporter is true, and no message is sent twice."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from bot.context import AppContext
from bot.services.intake import duplicates, intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets.log_rules import log_rules
from bot.services.tickets.session import lock_ticket
from domain.errors import Refused
from domain.followup.promises import PromiseState, promises_from
from domain.followup.waiting import waiting_after, waiting_on
from domain.sla.clocks import sla_clocks
from domain.sla.targets import working_hours
from domain.ticket_log import summarize
from domain.tickets.status import Status, WaitingOn
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from storage.delivery.tables import lanes, messages
from storage.followup.tables import reminders
from storage.operations.tables import timers
from storage.store import Store
from storage.tickets import logs
from tests.conftest import Clock
from tests.support.actions import ACTIONS, MARIA, PHASE, RAVI, TOM, fires, heard_once
from tests.support.ready import COUNTER

# What a message to the reporter says of where it stands, the more special ones first.
SAYS = (
    ("is the same problem as", Status.MERGED), ("withdrew", Status.WITHDRAWN), ("closed *", Status.WITHDRAWN),
    ("waiting on your answer", Status.WAITING),
    ("confirmed fixed", Status.VERIFIED), ("without confirmation", Status.RESOLVED), ("is resolved", Status.RESOLVED),
    ("is deferred", Status.DEFERRED), ("under investigation", Status.INVESTIGATING), ("being fixed", Status.FIXING),
    ("is looking", Status.ACKNOWLEDGED), ("Your report is", Status.RECEIVED),
    ("can't take", Status.RECEIVED), ("is received", Status.RECEIVED),
    ("waiting for a person to take it", Status.RECEIVED),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _summed_up_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_TAIL", 3)


@pytest.mark.long
@settings(max_examples=13, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(ACTIONS)), min_size=1, max_size=16))
@example(["ask", "a day", "a week", "answer", "resolve", "a week", "still broken", "reopen", "withdraw"])
@example(["me too", "resolve", "cannot check", "tom confirms"])
@example(["me too", "resolve", "tom confirms", "a week"])
@example(["reply", "ask", "team", "tell all", "me too", "tell all"])
@example(["jo too", "acknowledge", "resolve", "reopen"])
@example(["team", "assign", "news", "a day"])
@example(["me too", "withdraw", "reopen", "acknowledge", "withdraw", "reopen"])
@example(["jo too", "close", "reopen", "take", "close", "a week", "tom says no"])
@example(["promise", "a day", "a week", "defer", "a week", "merge", "unmerge"])
def test_the_last_message_to_a_reporter_is_true_and_none_is_sent_twice(
    store: Store, clock: Clock, actions: list[str]
) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    if not phases.list_phases(app):
        phases.apply_settings(app, PHASE)
    with store.begin() as tx:  # each week that passes would remind of the tickets of all examples before
        tx.connection.execute(update(timers).where(timers.c.ticket_id.is_not(None)).values(next_at=None))
        tx.connection.execute(delete(reminders))
    ticket, other = (intake.open_ticket(app, Report(summary=words, severity=Severity.MEDIUM), person=person,
                                        intake=Intake.COMMAND, quiet=False)
                     for words, person in ((f"Slow page {next(COUNTER)}", MARIA), ("Dark terminal", RAVI)))  # fmt: skip
    holds(app, ticket.id)
    for action in actions:
        with heard_once(app, ticket.id):
            try:
                ACTIONS[action](app, ticket.id, other.id)
            except Refused:
                continue
        fires(app, ticket.id)
        holds(app, ticket.id)


def holds(app: AppContext, ticket_id: int) -> None:
    """What is true at every moment."""
    with app.store.read() as tx:
        ticket, events = tx.tickets.get_ticket(ticket_id), tx.tickets.list_events(ticket_id)
        phase = tx.phases.get(ticket.phase_id)
    said = [status for text in told(app, f"reporter:{ticket_id}") if (status := says(text))]
    assert said[-1] is ticket.status, (said, ticket.status)
    calendar = working_hours(phase)
    waiting = waiting_after(events, calendar)
    assert waiting
    turn = waiting.until(app.now(), calendar)
    assert turn.now is waiting_on(ticket.status, unconfirmed=ticket.unconfirmed)
    assert turn.since == ticket.waiting_since
    opened = events[0].at
    assert sum(turn.spent.values(), timedelta()) == calendar.between(opened, app.now())
    if ticket.unconfirmed:
        assert ticket.status is Status.RESOLVED
    if ticket.status is Status.VERIFIED:
        assert any(e.kind in ("works_for_me", "verified") for e in events), "a person confirmed it"
    is_summed_up_right(app, ticket_id)
    open_ = [one for one in promises_from(events, calendar) if one.state is PromiseState.OPEN]
    assert not open_ or ticket.status.is_open or turn.now is not WaitingOn.TEAM


def is_summed_up_right(app: AppContext, ticket_id: int) -> None:
    """What is stored of the log says the same as the log."""
    with app.store.begin() as tx:
        session = lock_ticket(app, tx, ticket_id)
        assert session
        rules, _ = log_rules(session.phase, session.ticket.report)
        said, whole = session.summarize(), summarize(tx.tickets.list_events(ticket_id), rules)
    assert sla_clocks((), rules.policy_of, before=said.clocks) == whole.clocks
    for name in ("state", "silence", "waiting", "moments", "promise_count"):
        assert getattr(said, name) == getattr(whole, name), name
    assert all(event in whole.events for event in said.events)


def says(text: str) -> Status | None:
    return next((status for words, status in SAYS if words in text), None)


def told(app: AppContext, lane: str) -> list[str]:
    """Everything that was posted in a lane, oldest first."""
    mine = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id)
    posted = mine.where(lanes.c.name == lane, messages.c.verb == "post").order_by(messages.c.id)
    with app.store.read() as tx:
        return [str(payload["text"]) for payload in tx.connection.scalars(posted)]


def test_what_stands_in_the_database_says_who_follows(store: Store, clock: Clock) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    phases.apply_settings(app, PHASE)
    ticket: Ticket = intake.open_ticket(app, Report(summary="Slow", severity=Severity.LOW), person=MARIA,
                                        intake=Intake.COMMAND)  # fmt: skip
    duplicates.add_affected(app, ticket.id, TOM)
    with store.read() as tx:
        assert set(tx.followers.get_levels(ticket.id)) == {MARIA.id, TOM.id}
