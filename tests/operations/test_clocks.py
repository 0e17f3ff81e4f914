"""What is stamped is stamped by the clock that all processes share, and a machine whose clock is wrong is told."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot import context
from bot.app.application import Application
from bot.context import AppContext, utc_now
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.shared_clock import SharedClock
from bot.workers.clock_watch import ClockWatch
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity
from storage.store import Store
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.trust.world import PAY

SLOW = timedelta(minutes=-3)
SOON = timedelta(seconds=30)  # how long a step of a test may take


def slow() -> datetime:
    return utc_now() + SLOW


def test_a_ticket_of_a_slow_machine_is_stamped_by_the_clock_of_the_database(store: Store) -> None:
    """SQLite has no clock but the machine's."""
    clock = SharedClock(slow)
    clock.compare(store)
    app = AppContext(features=FEATURES, store=store, now=clock)
    phases.apply_settings(app, PAY)
    report = Report(summary="Slow page", severity=Severity.LOW)
    ticket = intake.open_ticket(app, report, person=Person("U0MARIA00"), intake=Intake.COMMAND)
    right = slow if store.is_sqlite else utc_now
    assert abs(ticket.opened_at - right()) < SOON
    assert (clock.offset is None) is store.is_sqlite
    assert clock.offset is None or abs(clock.offset - SLOW) < SOON


@pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_machine_whose_clock_is_set_between_two_comparisons_stamps_on(store: Store, by: timedelta) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite has no clock but the machine's")
    was_set = timedelta(0)
    clock = SharedClock(lambda: utc_now() + was_set)
    clock.compare(store)
    was_set = by
    assert abs(clock() - utc_now()) < SOON


def test_a_machine_that_agrees_with_the_database_uses_its_own_clock(store: Store) -> None:
    shown = utc_now()
    clock = SharedClock(lambda: shown)
    clock.compare(store)
    assert clock() == shown


def test_a_wrong_clock_is_one_line_and_its_end_another() -> None:
    offsets, asked = {"Slack": SLOW, "database": timedelta(0)}, []

    async def ask(within: float) -> None:
        asked.append(within)

    async def read(work: Callable[[], None]) -> None:
        work()

    async def play() -> None:
        watch = ClockWatch(read, lambda: None, ask, lambda: offsets)
        await watch._look()
        await watch._look()
        offsets["Slack"] = timedelta(0)
        await watch._look()

    with capture_logs() as lines:
        asyncio.run(play())
    told = [(line["event"], line["against"]) for line in lines]
    assert told == [("clock_wrong", "Slack"), ("clock_right", "Slack")]
    assert len(asked) == 3


@pytest.mark.shape("postgresql")
def test_a_process_on_a_slow_machine_works_on_says_so_and_asks_slack_again(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.stop_bot()
    slack.control.post("clock", advance=(utc_now() - slack.application.context.now()).total_seconds())
    monkeypatch.setattr(context, "utc_now", slow)
    monkeypatch.setattr("tests.support.bot.Application", lambda settings, **_: Application(settings))
    slack.start_bot()
    slack.person("maria").reports("The page is slow")
    slack.triage.expects("The page is slow")
    with slack.application.store.read() as tx:
        (ticket,) = tx.tickets.list_open([1])
    assert abs(ticket.opened_at - utc_now()) < SOON
    application = slack.application
    told = slack.loop.run(application._problems())["clock"]
    assert "behind the Slack clock, and" in told
    assert "behind the database clock" in told
    figures = application._metrics.own_text().decode()
    for whose in ("Slack", "database"):
        assert f'hypercare_clock_offset_seconds{{against="{whose}"}} -1' in figures
    application._clients.slack._compared = 0.0
    for poller in application.workers.pollers:
        if isinstance(poller, ClockWatch):
            poller.wake()
    eventually(lambda: application._clients.slack._compared > 0, "an answer of Slack")
