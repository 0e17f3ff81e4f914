"""An error that no one thought of ends nothing that works in the background, and is one line of the log."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import LogCapture

from bot.log_events import LOG_EVENTS
from storage.database import listen
from tests.support.bot import BotWorkspace
from tests.support.captured import captured_lines
from tests.support.control import eventually

# What a task does again and again, by its name; the others are pollers, which look.
STEPS = {"dispatcher": "_round", "user groups": "_look", "heartbeat": "_beat"}


@pytest.fixture
def lines() -> Iterator[LogCapture]:
    with captured_lines() as captured:
        yield captured


class FailsOnce:
    """Fails at its first call, and then does what it replaces."""

    def __init__(self, real: Any, error: Exception) -> None:
        self._real, self._error, self.calls = real, error, 0

    def __call__(self, *given: Any, **more: Any) -> Any:
        self.calls += 1
        if self.calls == 1:
            raise self._error
        return self._real(*given, **more)


def test_no_error_ends_what_runs_in_the_background(
    slack: BotWorkspace, lines: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each running task of the workers fails once in what it repeats, and once as a whole, and goes on."""
    workers, faults = slack.application.workers, dict[str, FailsOnce]()
    slack.quiet()
    slack.stop_bot()
    begin = type(workers).start

    def sabotage(workers: Any) -> None:
        owners = {"dispatcher": workers.dispatcher, "user groups": workers.group_members,
                  "heartbeat": workers._heartbeat, **{one.waits: one for one in workers.pollers}}  # fmt: skip
        for name, owner in owners.items():
            for step, error in (("run", RuntimeError()), (STEPS.get(name, "_look"), KeyError())):
                faults[f"{name}: {step}"] = fault = FailsOnce(getattr(owner, step), error)
                monkeypatch.setattr(owner, step, fault)
            if hasattr(owner, "every"):
                monkeypatch.setattr(owner, "every", 0.1)
        begin(workers)

    monkeypatch.setattr(type(workers), "start", sabotage)
    monkeypatch.setattr("bot.workers.background.PAUSE", 0.01)
    monkeypatch.setattr("bot.workers.group_members.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("bot.workers.heartbeat.HEARTBEAT_SECONDS", 0.01)
    slack.start_bot()
    idle = {"heartbeat: _beat"} if slack.application.store.is_sqlite else set()
    eventually(
        lambda: all(one.calls > 1 for name, one in faults.items() if name not in idle), "that all go on",
        instead=lambda: str({name: one.calls for name, one in faults.items()}),
    )  # fmt: skip
    running = {task.get_name() for task in workers_tasks(slack)}
    known = {name.partition(":")[0] for name in faults}
    assert running | {"heartbeat", "other processes"} == known | {"other processes"}
    failed = [one for one in lines.entries if one["event"] == "background_failed"]
    assert {one["what"] for one in failed if one["error"] == "RuntimeError"} == known
    assert {one["event"] for one in lines.entries} <= {*LOG_EVENTS}
    slack.person("maria").reports("The till is down")
    slack.triage.expects("The till is down")


def workers_tasks(slack: BotWorkspace) -> list["asyncio.Task[None]"]:
    return [task for task in slack.application.workers._tasks if task.get_name() != "start" and not task.done()]


@pytest.mark.shape("socket", "sqlite")
def test_timers_go_on_after_an_error(slack: BotWorkspace, lines: LogCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock wakes by itself again, and doesn't wait for the check that makes up for what it missed."""
    clock, maria = slack.application._clock, slack.person("maria")
    maria.reports("The till is down")
    slack.quiet()
    look, audit = FailsOnce(clock._run_due, KeyError()), FailsOnce(slack.application.store.read, RuntimeError())
    monkeypatch.setattr(clock, "_run_due", look)
    clock.wake()
    eventually(lambda: look.calls > 1, "another check")
    monkeypatch.setattr("bot.services.operations.maintenance.check_overdue", lambda _app: audit())
    clock._audit()
    failed = {(one["what"], one["error"]) for one in lines.entries if one["event"] == "background_failed"}
    assert failed == {("clock", "KeyError"), ("overdue check", "RuntimeError")}


@pytest.mark.shape("socket", "sqlite")
def test_requests_are_handed_out_after_an_error(
    slack: BotWorkspace, lines: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbound, maria = slack.application._inbound, slack.person("maria")
    admit = FailsOnce(inbound.admit, KeyError())
    monkeypatch.setattr(inbound, "admit", admit)
    maria.types("/hypercare")
    assert "What would you like" in str(maria.types("/hypercare"))
    assert [one["what"] for one in lines.entries if one["event"] == "background_failed"] == ["connection"]


@pytest.mark.shape("socket", "postgresql")
def test_commits_of_other_processes_are_heard_after_an_error(
    slack: BotWorkspace, lines: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = FailsOnce(listen.AsyncConnection.connect, KeyError())
    monkeypatch.setattr(listen.AsyncConnection, "connect", connect)
    slack.stop_bot()
    slack.start_bot()
    eventually(lambda: connect.calls > 1, "another connection")
    failed = [(one["what"], one["error"]) for one in lines.entries if one["event"] == "background_failed"]
    assert failed == [("other processes", "KeyError")]
