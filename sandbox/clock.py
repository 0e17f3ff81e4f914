"""The time the workspace lives in: it runs as fast as it is told and can be moved by hand."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

SLOWEST, FASTEST = 0.1, 1000.0


def checked(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"speed has to be between {SLOWEST:g} and {FASTEST:g}.")
    return speed


@dataclass(frozen=True)
class Pace:
    """At the real moment `real` the clock showed `shown`; since then it runs `speed` times as fast."""

    real: datetime
    shown: datetime
    speed: float

    def at(self, real: datetime) -> datetime:
        return self.shown + (real - self.real) * self.speed


class Clock:
    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        real = datetime.now(UTC)
        # One value that is replaced as a whole, so that other threads never read half a change.
        self._pace = Pace(real, start or real, checked(speed))
        self._callbacks: list[Callable[[], Any]] = []
        self._tasks: set[asyncio.Future[Any]] = set()

    @property
    def speed(self) -> float:
        return self._pace.speed

    def now(self) -> datetime:
        return self._pace.at(datetime.now(UTC))

    def seconds(self) -> float:
        return self.now().timestamp()

    def real_seconds(self, seconds: float) -> float:
        """How long so many seconds of this clock really take; never less than nothing."""
        return max(0.0, seconds / self.speed)

    def reading(self) -> dict[str, Any]:
        """What another process needs to follow this clock: what it showed at which real moment, and its speed."""
        pace, real = self._pace, datetime.now(UTC)
        return {"now": pace.at(real).isoformat(), "speed": pace.speed, "real": real.isoformat()}

    def on_move(self, callback: Callable[[], Any]) -> Callable[[], None]:
        """Calls `callback` (plain or async, without arguments) after the clock was moved or got another speed.

        Until what is returned is called.
        """
        self._callbacks.append(callback)
        return partial(self._forget, callback)

    def _forget(self, callback: Callable[[], Any]) -> None:
        if callback in self._callbacks:
            self._callbacks.remove(callback)

    def move(self, to: datetime) -> None:
        self._change(Pace(datetime.now(UTC), to, self.speed))

    def set_speed(self, speed: float) -> None:
        """From now on; the time it shows does not jump."""
        real = datetime.now(UTC)
        self._change(Pace(real, self._pace.at(real), checked(speed)))

    def _change(self, pace: Pace) -> None:
        self._pace = pace
        for callback in [*self._callbacks]:
            self._call(callback)

    def _call(self, callback: Callable[[], Any]) -> None:
        result = callback()
        if asyncio.iscoroutine(result):
            task = asyncio.ensure_future(result)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
