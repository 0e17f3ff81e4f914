"""Compare the clock of this machine with the database's and Slack's, every minute."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog

from bot.workers.heartbeat import Read
from bot.workers.message_sender import Unanswered
from bot.workers.poller import Poller
from domain.operations.health import MAX_CLOCK_OFFSET

log = structlog.get_logger()


class ClockWatch(Poller):
    """`compare` reads the database's clock, `ask` asks Slack something if it said nothing of late.

    `offsets` returns by how much our clock is ahead of each.
    """

    every, waits = 60.0, "comparing clocks"

    def __init__(
        self, read: Read, compare: Callable[[], None], ask: Callable[[float], Awaitable[Any]],
        offsets: Callable[[], Mapping[str, timedelta]],
    ) -> None:  # fmt: skip
        super().__init__()
        self._read, self._compare, self._ask, self._offsets = read, compare, ask, offsets
        self._wrong: set[str] = set()

    async def _look(self) -> None:
        with suppress(Unanswered):  # which readiness tells
            await self._ask(self.every)
        await self._read(self._compare)
        offsets = self._offsets()
        wrong = {name for name, offset in offsets.items() if abs(offset) > MAX_CLOCK_OFFSET}
        for name in sorted(wrong - self._wrong):
            log.warning("clock_wrong", against=name, seconds=round(offsets[name].total_seconds()))
        for name in sorted(self._wrong - wrong):
            log.info("clock_right", against=name)
        self._wrong = wrong
