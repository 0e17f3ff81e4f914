"""A lookout: it looks again and again whether there is something to do, and at once when it is told to."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress

import structlog

from bot.workers.message_sender import Unanswered

log = structlog.get_logger()


class Poller(ABC):
    """`every` is how many seconds pass between two looks, `waits` what the log says waits when one went wrong."""

    every = 1.0
    waits = ""

    def __init__(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()

    def wake(self) -> None:
        """Look at once. Safe from any thread."""
        self._loop.call_soon_threadsafe(self._told.set)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._told.clear()
            try:
                await self._look()
            except Unanswered as lost:
                log.warning("poller_delayed", what=self.waits, reason=lost.reason)
            except Exception as error:  # noqa: BLE001 - a database that is away, whatever it says, must not end this
                log.warning("poller_failed", what=self.waits, error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), self.every)

    @abstractmethod
    async def _look(self) -> None:
        """Do what there is to do now."""
