"""The duplicate checker: compares new tickets with recently resolved ones, after they were acknowledged."""

import asyncio
from collections import deque
from functools import partial

from bot.context import AppContext
from bot.services.intake import duplicates
from bot.workers.heartbeat import Read
from bot.workers.poller import Poller
from domain.tickets.ticket import Ticket
from storage.store import StoreFailure

RETRY_AFTER = 60.0  # seconds until a retry; new tickets start a check at once
MAX_WAITING = 1000  # tickets kept while the database is down
REST = 0.5  # seconds after a check in which others collect, since each check begins with reading what has changed
MAX_BATCH = 50  # tickets in a check: on its thread and its processor, people wait for its end


class DuplicateChecker(Poller):
    """Tickets that wait when the process ends are checked by the next one, which begins with those of the last day.

    `loaded` is set when comparing needs to load nothing more: on the pool, that would hold up a stop.
    """

    every = RETRY_AFTER
    waits = "comparisons"

    def __init__(self, app: AppContext, read: Read, loaded: asyncio.Event) -> None:
        self._app, self._read, self._loaded = app, read, loaded
        self._new: deque[Ticket] = deque(maxlen=MAX_WAITING)
        self._begun = False
        super().__init__()

    def check(self, ticket: Ticket) -> None:
        """Check a ticket soon. Safe from any thread."""
        self._new.append(ticket)
        self.wake()

    async def _look(self) -> None:
        await self._loaded.wait()
        if not self._begun:
            self._new.extendleft(await self._read(partial(duplicates.list_unchecked, self._app)))
            self._begun = True
        batch = [self._new.popleft() for _ in range(min(len(self._new), MAX_BATCH))]
        if not batch:
            return
        try:
            await self._read(partial(duplicates.propose_recurrences, self._app, batch))
        except StoreFailure:
            self._new.extendleft(reversed(batch))  # a question that was sent is not sent again
            raise
        await asyncio.sleep(REST)
        if self._new:
            self.wake()
