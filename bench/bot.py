"""The bot as an operator starts it, at the true clock, for a Slack that limits nothing.

BENCH_SPEED is for measurements whose subject is the clock, BENCH_LIMITED for those whose subject is Slack's pace. It
knows one more kind of timer, which says one thing once.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta

from bot import logs
from bot.app.application import Application
from bot.context import AppContext, TimerHandler
from bot.services.registry import TIMERS
from bot.serving import serve
from bot.settings.settings import load
from domain.delivery.rate_limits import RATES, UNLIMITED
from storage.operations.timers import Timer
from storage.transaction import Transaction

SPEED = float(os.environ.get("BENCH_SPEED", "1"))
IS_LIMITED = os.environ.get("BENCH_LIMITED") == "yes"
KIND = "bench"
BEGAN = datetime.now(UTC)


def now() -> datetime:
    return BEGAN + (datetime.now(UTC) - BEGAN) / timedelta(seconds=1) * timedelta(seconds=SPEED)


def send(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """A message in a channel of its own, where the timer names none."""
    place = timer.data.get("place", f"C0TIMER{timer.id}")
    tx.outbox.post(tx.outbox.lane(f"timer:{timer.key}", place), {"text": timer.key}, at=app.now())


def main() -> None:
    TIMERS[KIND] = TimerHandler(send)
    if not IS_LIMITED:
        RATES.update(dict.fromkeys(RATES, UNLIMITED))
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    asyncio.run(serve(Application(settings, now=now, speed=lambda: SPEED)))


if __name__ == "__main__":
    main()
