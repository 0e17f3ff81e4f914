"""The time that the processes of one database share, also where the clock of a machine is wrong.

What is stamped has to be in one order whichever process does it, so the database's clock decides. The machine's own is
used while it agrees, because it needs no correction then and goes evenly.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot import context
from storage.database.clock import ClockReading, read_clock, steady_seconds
from storage.store import Store

TOLERANCE = timedelta(seconds=1)  # more than a comparison over a slow network can be wrong by


class SharedClock:
    """The present moment. `compare` reads the database's clock; between two readings it is carried on.

    So a machine's clock that is set by hand between them is noticed at once.
    """

    def __init__(self, machine: Callable[[], datetime] | None = None) -> None:
        self.machine = machine or context.utc_now
        self._reading: ClockReading | None = None

    def compare(self, store: Store) -> None:
        """Read the clock of the database; on SQLite there is only the machine's."""
        self._reading = read_clock(store) or self._reading

    @property
    def offset(self) -> timedelta | None:
        """Return by how much the machine's clock is ahead of the database's; None if that is not known."""
        return self.machine() - shown if (shown := self._shown()) else None

    def __call__(self) -> datetime:
        own, shown = self.machine(), self._shown()
        return shown if shown and abs(own - shown) > TOLERANCE else own

    def _shown(self) -> datetime | None:
        """Return what the database's clock shows now."""
        reading = self._reading
        return reading.at + timedelta(seconds=steady_seconds() - reading.steady) if reading else None


def clock_of(store: Store) -> SharedClock:
    """Return the clock of that database, as it is now."""
    clock = SharedClock()
    clock.compare(store)
    return clock
