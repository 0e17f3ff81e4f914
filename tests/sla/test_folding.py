"""The bot reminds the team of a ticket in one message a day, whatever becomes due on it."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from bot.context import AppContext
from bot.services.followup import promises
from bot.services.intake import intake
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.errors import Refused
from domain.followup.promises import PromiseKind
from domain.followup.team_reminders import TEAM_REMINDERS
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Intake, Report, Severity
from storage.delivery.tables import lanes, messages
from storage.oncall.tables import escalations, pages
from storage.operations.tables import timer_runs
from storage.operations.tables import timers as timer_rows
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import ACTIONS, JO, MARIA
from tests.support.actions import PHASE as USUAL

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TWO_WEEKS = timedelta(days=14)
ONCE = {"policies": [{"name": "once", "repeat": 0, "steps": [{"targets": ["leads"], "wait": "5m"}]}]}
PHASE = PhaseSettings.model_validate({**USUAL.model_dump(), "oncall": ONCE})
# What people do, and after how many hours; an idle team does nothing.
TEAMS = {
    "idle": st.just([]),
    "normal": st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["acknowledge", "reply", "promise", "fix"])),
                       max_size=6),
    "busy": st.lists(st.tuples(st.integers(1, 12), st.sampled_from([
        "take", "reply", "news", "ask", "answer", "fix", "resolve", "reopen", "defer", "inside", "renew"])),
        max_size=14),
}  # fmt: skip
STORIES = st.sampled_from(sorted(TEAMS)).flatmap(TEAMS.__getitem__)
REMINDS = ("by <!date", "missed its", "is due. Send one now", "still unassigned", "We promised", "hasn't answered")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(Severity)), STORIES)
def test_in_two_weeks_a_team_is_reminded_of_a_ticket_once_a_day(
    store: Store, clock: Clock, severity: Severity, done: list[tuple[int, str]]
) -> None:
    app, ticket_id = _opened(store, clock, severity)
    for hours, action in done:
        _until(app, clock, min(clock.at + timedelta(hours=hours), MONDAY + TWO_WEEKS))
        with suppress(Refused):
            ACTIONS[action](app, ticket_id, ticket_id)
    _until(app, clock, MONDAY + TWO_WEEKS)
    with store.read() as tx:
        logged = [e for e in tx.tickets.list_events(ticket_id) if e.kind in TEAM_REMINDERS]
    said = _reminders(store, ticket_id)
    days = {e.at.date() for e in logged}
    assert Counter(at.date() for at, _ in said) == dict.fromkeys(days, 1), "more or less than one message on a day"
    assert all(e.data.get("message") for e in logged), "a reminder that no message says"


def test_a_later_reminder_of_a_day_is_added_to_the_message_of_the_first(store: Store, clock: Clock) -> None:
    app, ticket_id = _opened(store, clock, Severity.HIGH)
    promises.make_promise(app, ticket_id, JO, PromiseKind.FIX, clock.at + timedelta(hours=6), "")
    _until(app, clock, MONDAY + timedelta(hours=7))
    (said,) = (text for _, text in _reminders(store, ticket_id))
    assert said.startswith("<@U0JO000> <@U0LENA0>:\n• ")
    for part in ("Resolve *PAY-", "missed its update target", "is due. Send one now", "We promised a fix"):
        assert part in said, part


def _opened(store: Store, clock: Clock, severity: Severity) -> tuple[AppContext, int]:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    clock.at = MONDAY
    if not phases.list_phases(app):
        phases.apply_settings(app, PHASE)
    with store.begin() as tx:  # digests are not needed here, and the timers of other examples would go on for ever
        for table in (pages, escalations, timer_runs):
            tx.connection.execute(delete(table))
        tx.connection.execute(update(timer_rows).values(next_at=None))
    report = Report(summary="The export is empty", severity=severity)
    return app, intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND).id


def _until(app: AppContext, clock: Clock, moment: datetime) -> None:
    """Run each timer at its moment."""
    while True:
        with app.store.read() as tx:
            due = tx.timers.next_due()
        if due is None or due > moment:
            break
        clock.at = max(clock.at, due)
        if not timers.run_due(app):
            clock.forward(minutes=1)
    clock.at = max(clock.at, moment)


def _reminders(store: Store, ticket_id: int) -> list[tuple[datetime, str]]:
    """Return when each reminder was posted in the team's thread, and what it says."""
    asked = select(messages.c.created_at, messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id)
    mine = asked.where(lanes.c.name == f"team:{ticket_id}", messages.c.verb == "post").order_by(messages.c.id).offset(1)
    with store.read() as tx:
        found = [(at, str(payload["text"])) for at, payload in tx.connection.execute(mine)]
    return [(at, text) for at, text in found if any(words in text for words in REMINDS)]
