"""What the clock of the database shows, which all processes share."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from storage.store import Store

SAMPLES = 3  # the quickest answer tells the time best


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The time that a database showed when `steady` seconds had passed on a clock that no one sets."""

    at: datetime
    steady: float


def steady_seconds() -> float:
    """Return the seconds of a clock that is never set, and goes on while the machine sleeps where the system can."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def read_clock(store: Store) -> ClockReading | None:
    """Return what the database's clock shows; None on SQLite, which has no other than the machine's."""
    if store.is_sqlite:
        return None
    found: list[tuple[float, ClockReading]] = []
    with store.read() as tx:
        for _ in range(SAMPLES):
            before = steady_seconds()
            shown = tx.connection.execute(select(func.clock_timestamp())).scalar_one()
            after = steady_seconds()
            found.append((after - before, ClockReading(shown.astimezone(UTC), (before + after) / 2)))
    return min(found, key=lambda one: one[0])[1]
