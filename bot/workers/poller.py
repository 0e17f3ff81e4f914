"""A poller: checks for work at intervals, and at once when it is woken."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress

import structlog

from bot.workers.message_sender import Unanswered
from storage.store import StoreFailure

log = structlog.get_logger()


class Poller(ABC):
    """`every` is the interval in seconds, `waits` names the delayed work in the log when a check fails."""

    every = 1.0
    waits = ""

    def __init__(self) -> None:
        self._loop, self._woken = asyncio.get_running_loop(), asyncio.Event()

    def wake(self) -> None:
        """Check at once. Safe from any thread."""
        self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self._look()
            except Unanswered as lost:
                log.warning("poller_delayed", what=self.waits, reason=lost.reason)
            except Exception as error:  # noqa: BLE001 - a database that is down must not end the loop
                if not isinstance(error, StoreFailure):  # which the store logs once
                    log.warning("poller_failed", what=self.waits, error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self.every)

    @abstractmethod
    async def _look(self) -> None:
        """Do the work that is due now."""
