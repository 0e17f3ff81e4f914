"""Update App Homes after a commit that changed their tickets, once per person."""

import asyncio
import threading
from functools import partial

from bot.context import AppContext
from bot.services.home import homes
from bot.workers.heartbeat import Read
from bot.workers.poller import Poller
from storage.store import StoreFailure

PAUSE = 0.1  # seconds to collect changes
IDLE = 60.0  # seconds; a retry, since it is woken for each change


class HomePublisher(Poller):
    """Updates still queued when the process ends aren't lost: the next start updates recently opened Homes."""

    every = IDLE
    waits = "App Homes"

    def __init__(self, app: AppContext, read: Read) -> None:
        self._app, self._read = app, read
        self._lock = threading.Lock()
        self._changed: set[tuple[str, int]] | None = None  # (reporter, phase) of changed tickets; None means all
        super().__init__()

    def publish(self, changed: set[tuple[str, int]]) -> None:
        """Queue an update of the Homes that show these tickets. Safe from any thread."""
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
