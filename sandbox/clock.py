"""The time the workspace lives in: it runs like real time and can be moved by hand."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any


class Clock:
    def __init__(self, start: datetime | None = None) -> None:
        self._offset = (start - datetime.now(UTC)) if start else timedelta()
        self._callbacks: list[Callable[[], Any]] = []
        self._tasks: set[asyncio.Future[Any]] = set()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def seconds(self) -> float:
        return self.now().timestamp()

    def on_move(self, callback: Callable[[], Any]) -> None:
        """Calls `callback` (plain or async, without arguments) after the clock was moved by hand."""
        self._callbacks.append(callback)

    def move(self, to: datetime) -> None:
        self._offset += to - self.now()
        for callback in self._callbacks:
            self._call(callback)

    def _call(self, callback: Callable[[], Any]) -> None:
        result = callback()
        if asyncio.iscoroutine(result):
            task = asyncio.ensure_future(result)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
