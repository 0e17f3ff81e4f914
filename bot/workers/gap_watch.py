"""Notice when requests could not be taken for a while, and have what was said meanwhile read back."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from bot.context import AppContext
from bot.services.operations.catching_up import MIN_GAP, Gap, find_gap
from bot.workers.heartbeat import Read
from bot.workers.poller import Poller

log = structlog.get_logger()
DELIVERY = timedelta(minutes=10)  # at most from the first delivery of an event to the last, about six minutes later
AGAIN = 30.0  # seconds until what could not be read to its end is read again
KEPT_BACK = timedelta(seconds=75)  # a minute whose events Slack keeps back, and what may be on its way
LATE_RETRY = 2  # Slack's second retry comes after a minute, so the first delivery and another have failed


class GapWatch(Poller):
    """`is_connected` says whether requests can arrive, `catch_up` reads a gap and returns whether to its end."""

    every, waits = 5.0, "reading back what was missed"

    def __init__(
        self, app: AppContext, read: Read, is_connected: Callable[[], bool], catch_up: Callable[[Gap], Awaitable[bool]]
    ) -> None:
        super().__init__()
        self._app, self._read, self._is_connected, self._catch_up = app, read, is_connected, catch_up
        self._lock = threading.Lock()
        self._since: datetime | None = None  # when the first request could not be taken that was not read back yet
        self._until: datetime | None = None  # when it is known to end
        self._last_event = app.now()
        self._silence = (self._last_event, self._last_event)  # the last time without any event that was long enough

    def note(self, since: datetime | None = None) -> None:
        """Note that requests can't be taken now, or could not since then. Safe from any thread."""
        at = since or self._app.now()
        with self._lock:
            self._since = min(self._since or at, at)

    def note_lost(self) -> None:
        """Note that Slack has given an event up, which was said some minutes ago."""
        self.note(self._app.now() - DELIVERY)

    def note_kept_back(self, minute: datetime | None) -> None:
        """Note that Slack does not deliver the events of a minute, or of this one, because they are too many."""
        began = minute or self._app.now()
        self.note(began)
        with self._lock:
            self._until = max(self._until or began, began + KEPT_BACK)

    def note_event(self, retry: int, happened: object) -> None:
        """Note that an event arrived, how often Slack delivered it before, and when it happened, in seconds since 1970.

        One that comes late and is of a time without any event shows that Slack could not reach us in that time.
        """
        now = self._app.now()
        with self._lock:
            if now - self._last_event >= MIN_GAP:
                self._silence = (self._last_event, now)
            self._last_event, (began, ended) = now, self._silence
        if retry >= LATE_RETRY and isinstance(happened, int) and _is_between(began, happened, ended):
            self.note(began)

    async def _look(self) -> None:
        if not self._is_connected():
            self.note()
            return
        with self._lock:
            if self._until and self._app.now() < self._until:
                return
            since, self._since, self._until = self._since, None, None
        if since is None:
            return
        try:
            gap = await self._read(partial(find_gap, self._app, since))
            is_whole = gap is None or await self._catch_up(gap)
        except BaseException:
            self.note(since)
            raise
        if not is_whole:
            self.note(since)
            await asyncio.sleep(AGAIN)


def _is_between(began: datetime, happened: int, ended: datetime) -> bool:
    try:
        return began <= datetime.fromtimestamp(happened, UTC) <= ended
    except (OverflowError, OSError, ValueError):
        return False
