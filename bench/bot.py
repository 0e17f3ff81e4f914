"""The bot as an operator starts it, on a clock so fast that Slack's pace is no part of what is measured."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot import logs
from bot.app import House
from bot.commands.run import serve
from bot.config import load

SPEED = 1000.0
BEGAN = datetime.now(UTC)


def now() -> datetime:
    return BEGAN + (datetime.now(UTC) - BEGAN) / timedelta(seconds=1) * timedelta(seconds=SPEED)


def main() -> None:
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    asyncio.run(serve(House(settings, now=now, speed=lambda: SPEED)))


if __name__ == "__main__":
    main()
