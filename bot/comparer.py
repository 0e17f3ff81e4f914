"""The comparer: new tickets are held against what was resolved lately, several at once, after they were answered."""

from collections import deque
from collections.abc import Sequence

from bot.desk import Desk
from bot.lookout import Lookout
from bot.presence import Read
from bot.services import duplicates
from domain.ticket import Ticket

SOON = 3600.0  # seconds; it is told of every ticket


class Comparer(Lookout):
    """What waits when the process ends is not compared any more: the reports stand, and people can merge them."""

    every = SOON
    waits = "comparisons"

    def __init__(self, desk: Desk, read: Read) -> None:
        self._desk, self._read = desk, read
        self._new: deque[Ticket] = deque()
        super().__init__()

    def compare(self, ticket: Ticket) -> None:
        """Soon. Safe from any thread."""
        self._new.append(ticket)
        self.nudge()

    async def _look(self) -> None:
        if self._new:
            await self._read(self._compare)

    def _compare(self) -> None:
        some: Sequence[Ticket] = [self._new.popleft() for _ in range(len(self._new))]
        duplicates.propose_recurrences(self._desk, some)
