"""One replica: the bot as an operator starts it, by the sandbox's clock, with one more kind of timer."""

import asyncio
import faulthandler
import json
import os
import signal
import sys
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot import logs
from bot.app.application import Application
from bot.context import AppContext, TimerHandler
from bot.database import CannotStart
from bot.services.registry import TIMERS
from bot.serving import serve
from bot.settings.settings import load
from storage.operations.timers import Timer
from storage.transaction import Transaction
from tests.chaos import CHAOS, CLOCK, REFUSED

LOOK = 0.3  # seconds


def main(env: dict[str, str], folder: Path, log: Path) -> None:
    """Be a replica with that environment, in that folder."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    faulthandler.register(signal.SIGUSR1)  # by which it is asked what it does, before it is given up
    settings = load(None)
    logs.configure(settings.log_level, settings.log_format)
    TIMERS[CHAOS] = TimerHandler(_speak)
    now, speed = _clock()
    try:
        asyncio.run(_serve(Application(settings, now=now, speed=lambda: speed)))
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(REFUSED)


async def _serve(application: Application) -> None:
    looking = asyncio.create_task(_look(application)) if application.store.is_sqlite else None
    try:
        await serve(application)
    finally:
        if looking:
            looking.cancel()


async def _look(application: Application) -> None:
    """SQLite sends no notification of rows written by another process, and only the test writes from one."""
    while True:
        await asyncio.sleep(LOOK)
        application.wake()


def _clock() -> tuple[Callable[[], datetime], float]:
    """The sandbox's clock and its speed, which don't change meanwhile."""
    with urllib.request.urlopen(os.environ[CLOCK], timeout=10) as answer:
        reading = json.loads(answer.read())
    shown, real = datetime.fromisoformat(reading["now"]), datetime.fromisoformat(reading["real"])
    speed = float(reading["speed"])
    return lambda: shown + (datetime.now(UTC) - real) * speed, speed


def _speak(app: AppContext, tx: Transaction, timer: Timer) -> None:
    lane = tx.outbox.lane(timer.data.get("lane", f"chaos:{timer.key}"), timer.data["channel"])
    tx.outbox.post(lane, {"text": f"timer {timer.key}"}, at=app.now())
