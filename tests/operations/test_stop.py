"""A stop takes ten seconds at most, whatever it waits for, and what was not done by then is done after it."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.context import AppContext
from bot.services.registry import FEATURES
from bot.stopping import StopBudget
from bot.workers.clock import TimerClock
from storage.store import Store
from tests.conftest import Clock
from tests.support.bot import BotWorkspace
from tests.support.command import ROOT, environment
from tests.support.control import eventually


def test_steps_share_the_seconds_of_a_stop_and_an_error_ends_only_its_own_step() -> None:
    tried = list[str]()

    async def stuck() -> None:
        tried.append("stuck")
        await asyncio.sleep(30)

    async def broken() -> None:
        tried.append("broken")
        raise OSError

    async def stop() -> None:
        budget = StopBudget(0.2)
        await budget.finish("broken", broken(), 30)
        await budget.finish("stuck", stuck(), 30)
        await budget.finish("late", stuck(), 30)

    began = time.monotonic()
    with capture_logs() as lines:
        asyncio.run(stop())
    assert time.monotonic() - began < 2
    assert tried[:2] == ["broken", "stuck"]
    assert [(line["step"], line["error"]) for line in lines] == [
        ("broken", "OSError"), ("stuck", "TimeoutError"), ("late", "TimeoutError")]  # fmt: skip


def test_timers_that_never_end_do_not_hold_up_a_stop(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage, or when the clock was set ahead, there is always another timer that is due."""
    ticking, ran = TimerClock(AppContext(features=FEATURES, store=store, now=clock)), threading.Event()

    def run_due(_app: AppContext) -> list[timedelta]:
        ran.set()
        return [timedelta(0)]

    monkeypatch.setattr("bot.workers.clock.timers.run_due", run_due)
    looking = threading.Thread(target=ticking.look, daemon=True)
    looking.start()
    assert ran.wait(5)
    stopping = threading.Thread(target=ticking.stop, daemon=True)
    stopping.start()
    stopping.join(5)
    assert not stopping.is_alive()
    looking.join(5)
    ran.clear()
    ticking.look()
    assert not ran.is_set()


def test_a_stop_while_nothing_answers_ends_in_time_and_the_report_is_there_at_the_next_start(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer and a read on the threads of the workers wait for a database that is silent."""
    silent, waiting = threading.Event(), list[str]()

    def wait(who: str) -> list[timedelta]:
        waiting.append(who)
        silent.wait(60)
        return []

    slack.person("maria").reports("The page is slow")
    slack.triage.expects("The page is slow")
    application = slack.application
    monkeypatch.setattr("bot.app.application.STOP_SECONDS", 1.5)
    monkeypatch.setattr("bot.app.application.REQUESTS_TIMEOUT", 0.3)
    with monkeypatch.context() as stuck:
        stuck.setattr("bot.workers.clock.timers.run_due", lambda _app: wait("timer"))
        application.wake()
        application._threads.pool.submit(wait, "read")
        eventually(lambda: set(waiting) == {"timer", "read"}, "everything waits")
        began = time.monotonic()
        with capture_logs() as lines:
            slack.stop_bot()
        took = time.monotonic() - began
    silent.set()
    assert took < 3
    assert {line["step"] for line in lines if line["event"] == "stop_step_unfinished"} == {"timers", "threads"}
    application._release()  # what the end of a process does
    slack.start_bot()
    slack.person("maria").reports("The page is still slow")
    slack.triage.expects("The page is still slow")


STUCK = """
import asyncio, sys, threading, time
import bot.stopping
from bot.serving import serve

how = sys.argv[1]
bot.stopping.END_SECONDS = 30 if how == "thread" else 0.5

class Stuck:
    async def start(self):
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
        if how == "busy":
            asyncio.get_running_loop().call_soon(lambda: (print("started", flush=True), time.sleep(60)))
            return
        if how == "full":
            asyncio.get_running_loop().call_soon(self.write)
            return
        print("started", flush=True)
        if how == "failed":
            raise OSError

    def write(self):
        print("started", flush=True)
        while True:
            sys.stderr.write("a line of the log" * 100)

    async def stop(self):
        if how == "loop":
            time.sleep(60)

asyncio.run(serve(Stuck()))
"""


@pytest.mark.parametrize("how", [
    "thread",  # waits for a server
    "loop",  # is held up by a step of the stop
    "busy",  # is held up already, so that the loop never gets to hear the signal
    "full",  # is held up by its own log, which is a pipe that no one reads
    "failed",  # has failed to start, and waits for its thread
])  # fmt: skip
def test_a_process_that_is_told_to_stop_waits_neither_for_threads_nor_for_its_own_loop(
    how: str, tmp_path: Path
) -> None:
    process = subprocess.Popen([sys.executable, "-c", STUCK, how], env=environment(tmp_path), cwd=ROOT, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "started\n"
    process.terminate()
    try:
        ended = process.wait(50)  # long before its thread does
        assert ended == 0 if how != "failed" else ended in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.communicate()
