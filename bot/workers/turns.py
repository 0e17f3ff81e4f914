"""Let only so many messages be on their way to a system at a time, so that a slow one keeps no other waiting."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.delivery.message import Failure, FailureKind

A_SECOND = 50  # messages that are told to come again within the same second
MAX_PAUSE = 60  # seconds


class Turns:
    """At most `most` at a time. Others come again one after the other, so that a long queue is not claimed at once."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._taken, self._next = 0, 0.0

    def refuse(self) -> Failure | None:
        """Return when to come again; None where there is a turn now."""
        if self._taken < self._most:
            return None
        now = self._clock()
        self._next = max(self._next, now) + 1 / A_SECOND
        pause = min(math.ceil(self._next - now), MAX_PAUSE)
        return Failure("busy", FailureKind.TEMPORARY, pause, was_tried=False)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take a turn meanwhile."""
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
