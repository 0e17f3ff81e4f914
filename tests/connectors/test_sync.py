"""A tracker that is connected late, or asked after a long stop: thousands of tickets and issues, each of them once."""

import asyncio
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from sqlalchemy.exc import OperationalError

from bot.cli import main
from bot.commands import connect
from bot.context import AppContext
from bot.services.connectors import syncing, trackers
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets.session import TicketSession
from bot.workers.account_finder import AccountFinder
from bot.workers.issue_sender import IssueReader, IssueSender
from connectors.jira.client import JiraClient
from connectors.jira.fake import BOT, PAGE, TOKEN, FakeJira
from domain.connectors.issue import NewIssue
from domain.connectors.settings import Connection
from domain.tickets.ticket import Intake, Report, Severity
from storage.store import Store
from storage.transaction import Transaction
from tests.conftest import Clock
from tests.connectors.conftest import Tracked
from tests.operations.test_cli import phase_file
from tests.support.actions import MARIA, PHASE
from tests.support.command import hypercare, own_logs
from tests.trust.workers import Told

JIRA = Connection(system="jira", project="OPS", create=(Severity.HIGH,))


def with_tickets(store: Store, clock: Clock, count: int, *, linked: bool) -> AppContext:
    """Tickets of which the tracker knows none, or each; and one that gets no issue, as it is not severe."""
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    phases.apply_settings(app, PHASE)
    for number in range(count):
        report = Report(summary=f"Total {number} is wrong", severity=Severity.HIGH if number else Severity.LOW)
        ticket = intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND)
        with store.begin() as tx:
            if linked and tx.issue_links.insert("jira", ticket.id, {}):
                found = tx.issue_links.find("jira", ticket.id)
                assert found
                tx.issue_links.attach_issue(found.id, str(10_001 + number))
    phases.apply_settings(app, PHASE.model_copy(update={"connections": (JIRA,)}))
    return app


def waiting(app: AppContext) -> int:
    with app.store.read() as tx:
        return tx.message_archive.count_waiting_to("jira")


def test_a_sync_that_is_stopped_goes_on_and_queues_nothing_twice(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncing, "BATCH", 2)
    app = with_tickets(store, clock, 6, linked=False)
    phase = phases.get_phase(app, "PAY")
    assert syncing.count(app, phase, JIRA) == syncing.SyncProgress(looked_at=5, waiting=0)
    assert next(syncing.queue_all(app, phase, JIRA)) == 2
    assert waiting(app) == 2
    assert syncing.count(app, phase, JIRA).looked_at == 3, "what is queued needs no second look"
    assert [*syncing.queue_all(app, phase, JIRA)] == [2, 3]
    assert [*syncing.queue_all(app, phase, JIRA)] == []
    assert waiting(app) == 5


def test_a_batch_that_meets_a_busy_database_is_queued_later(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncing, "BATCH", 2)
    app = with_tickets(store, clock, 6, linked=False)
    phase, lock, busy = phases.get_phase(app, "PAY"), syncing.lock_ticket, [True, True, True]

    def sometimes(*given: Any) -> TicketSession | None:
        if busy and busy.pop(0):
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return lock(*given)

    monkeypatch.setattr(syncing, "lock_ticket", sometimes)
    monkeypatch.setattr(syncing, "MAX_FAILED", 3)
    with pytest.raises(OperationalError):
        list(syncing.queue_all(app, phase, JIRA))
    busy += [False, True, False, True]
    assert [*syncing.queue_all(app, phase, JIRA)] == [0, 0, 2, 4, 5]
    assert waiting(app) == 5


def test_a_terminal_shows_how_far_it_is_until_it_is_stopped(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    tracked.follows(create=())
    tracked.reported("First")
    tracked.reported("Second")
    tracked.quiet()
    tracked.follows()

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    def stop(seconds: float) -> None:
        """A person presses Ctrl+C while the bot sends, which in this test has another time."""
        if seconds == connect.LOOK_EVERY:
            raise KeyboardInterrupt

    screen, said = Terminal(), StringIO()
    given = {f"HYPERCARE_{name.upper()}": str(value) for name, value in (
        ("database", tracked.slack.settings.database), ("jira_url", tracked.jira.url), ("jira_user", BOT),
        ("jira_token", TOKEN))}  # fmt: skip
    monkeypatch.setattr(connect, "time", SimpleNamespace(sleep=stop))
    with mock.patch.dict(os.environ, given), redirect_stderr(screen), redirect_stdout(said), own_logs():
        assert main(["connect", "sync", "jira"]) == 130
    assert said.getvalue().splitlines() == [
        "PAY: 2 tickets were queued.",
        "The bot is sending them now. You can stop here with Ctrl+C, and it goes on.",
    ]
    assert f"[{'#' * 30}] 2 of 2\n" in screen.getvalue()
    assert screen.getvalue().rstrip().endswith(f"[{'.' * 30}] 0 of 2")


def test_tickets_from_before_the_connection_get_their_issues_quietly(tracked: Tracked) -> None:
    tracked.follows(create=())
    card = tracked.reported("First")
    tracked.reported("Second")
    tracked.quiet()
    tracked.follows()
    app = tracked.slack.application.context
    phase = phases.get_phase(app, "PAY")
    for _time in range(2):
        for _done in syncing.queue_all(app, phase, phase.connections[0]):
            pass
        tracked.issue(1)
        tracked.issue(2)
        tracked.quiet()
    assert len(tracked.jira.issues) == 2
    assert not [one for one in card.thread() if "OPS-" in one.words], "thousands of threads would have a line"
    with app.store.read() as tx:
        link = tx.issue_links.find("jira", tracked.ticket().id)  # either ticket may have got the first issue
    assert link
    tracked.jira.person_moves(link.key, "Done")
    tracked.becomes(lambda ticket: ticket.status.value == "resolved")


def test_what_was_changed_over_a_weekend_is_noted_in_small_transactions(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one page of Jira's answer, and more than one transaction, so that people don't wait for it."""
    monkeypatch.setattr(trackers, "BATCH", 4)
    count, noted = 10, list[int]()
    app = with_tickets(store, clock, count, linked=True)

    async def serve(work: Callable[[Transaction], Any]) -> Any:
        before = waiting(app)
        with app.transaction() as tx:
            found = work(tx)
        noted.append(waiting(app) - before)
        return found

    async def no_file(_id: str) -> None:
        return None

    async def asked() -> None:
        jira = FakeJira(now=clock)
        await jira.start()
        client = JiraClient(jira.url, BOT, TOKEN)
        try:
            for number in range(PAGE + count):
                await client.create(NewIssue(project="OPS", issue_type="Bug", summary=f"Total {number} is wrong",
                                             text="", label=f"hypercare-PAY-{number + 1}"))  # fmt: skip
            assert len(await client.changed("OPS", timedelta(hours=1))) == PAGE + count
            assert len([one for one in jira.calls if one.endswith("/search/jql")]) == 2
            known = {"jira": client}
            sender = IssueSender(app, known, serve, no_file, AccountFinder(app, Told(), serve))
            await IssueReader(app, known, sender, serve)._look()
        finally:
            await client.close()
            await jira.stop()

    asyncio.run(asked())
    assert (sum(noted), max(noted)) == (count, 4)
    with store.begin() as tx:
        assert trackers.span_to_ask(app, tx, "jira", at_start=False) is None, "it counts as asked"


def test_the_command_says_what_it_queued(tmp_path: Path) -> None:
    phase = PHASE.model_copy(update={"connections": (JIRA,)}).model_dump(mode="json", exclude_none=True)
    assert hypercare(tmp_path, "phase", "apply", str(phase_file(tmp_path, phase))).returncode == 0
    given = {"jira_url": "http://127.0.0.1:1", "jira_user": BOT, "jira_token": TOKEN}
    done = hypercare(tmp_path, "connect", "sync", "jira", **given)
    assert (done.returncode, done.stdout) == (0, "PAY: 0 tickets were queued.\n0 calls wait to be sent to Jira.\n")
