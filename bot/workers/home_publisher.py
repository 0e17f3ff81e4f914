"""The home publisher: App Homes are drawn again after the commit that changed their tickets, once a person."""

import asyncio
import threading
from functools import partial

from bot.context import AppContext
from bot.services.home import homes
from bot.workers.heartbeat import Read
from bot.workers.poller import Poller
from storage.store import StoreFailure

PAUSE = 0.1  # seconds in which changes are put together
IDLE = 60.0  # seconds; it is told of every change, and this is for those that met a database that was away


class HomePublisher(Poller):
    """What waits when the process ends is not lost: a start draws every Home that was opened lately."""

    every = IDLE
    waits = "App Homes"

    def __init__(self, app: AppContext, read: Read) -> None:
        self._app, self._read = app, read
        self._lock = threading.Lock()
        self._changed: set[tuple[str, int]] | None = None  # (reporter, phase) of changed tickets; None stands for all
        super().__init__()

    def publish(self, changed: set[tuple[str, int]]) -> None:
        """Draw the Homes that show these tickets, soon. Safe from any thread."""
        self._put_back(changed)
        self.wake()

    async def _look(self) -> None:
        if self._changed is not None:
            if not self._changed:
                return
            await asyncio.sleep(PAUSE)
        with self._lock:
            changed, self._changed = self._changed, set()
        try:
            await self._read(partial(homes.publish_changed, self._app, changed))
        except StoreFailure:
            self._put_back(changed)
            raise

    def _put_back(self, changed: set[tuple[str, int]] | None) -> None:
        with self._lock:
            self._changed = None if changed is None or self._changed is None else self._changed | changed
