"""The comparer: new tickets are held against what was resolved lately, several at once, after they were answered."""

from collections import deque
from functools import partial

from bot.context import AppContext
from bot.services.intake import duplicates
from bot.workers.heartbeat import Read
from bot.workers.poller import Poller
from domain.tickets.ticket import Ticket
from storage.store import StoreFailure

SOON = 60.0  # seconds; it is told of every ticket, and this is for those that it could not compare
MOST = 1000  # that wait while the database is away


class DuplicateChecker(Poller):
    """What waits when the process ends is not compared any more: the reports stand, and people can merge them."""

    every = SOON
    waits = "comparisons"

    def __init__(self, app: AppContext, read: Read) -> None:
        self._app, self._read = app, read
        self._new: deque[Ticket] = deque(maxlen=MOST)
        super().__init__()

    def check(self, ticket: Ticket) -> None:
        """Soon. Safe from any thread."""
        self._new.append(ticket)
        self.wake()

    async def _look(self) -> None:
        while self._new:
            some = [self._new.popleft() for _ in range(len(self._new))]
            try:
                await self._read(partial(duplicates.propose_recurrences, self._app, some))
            except StoreFailure:
                self._new.extendleft(reversed(some))  # nobody has been asked yet
                raise
