"""Tell listeners what has just changed, and remember calls and deliveries."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from itertools import takewhile
from typing import Any

KEPT_ROWS = 20_000

Listener = Callable[[str, dict[str, Any]], None]


class Stream:
    """Changes go to plain functions at once and to subscribers (the page) through queues."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._queues: set[asyncio.Queue[dict[str, Any] | None]] = set()

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        for listener in self._listeners:
            listener(kind, data)
        for queue in self._queues:
            queue.put_nowait({"type": kind} | data)

    def subscribe(self) -> asyncio.Queue[dict[str, Any] | None]:
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._queues.add(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[dict[str, Any] | None]) -> None:
        self._queues.discard(queue)

    def close(self) -> None:
        for queue in self._queues:
            queue.put_nowait(None)


class Log:
    """Numbered rows of one kind, the newest kept, each published when it is written."""

    def __init__(self, kind: str, stream: Stream) -> None:
        self._kind = kind
        self._stream = stream
        # As text a row takes a fraction of the memory and cannot change any more.
        self._rows: deque[tuple[int, str]] = deque(maxlen=KEPT_ROWS)
        self._seq = 0

    def add(self, row: dict[str, Any]) -> None:
        self._seq += 1
        numbered = {"seq": self._seq} | row
        self._rows.append((self._seq, json.dumps(numbered, default=str)))
        self._stream.publish(self._kind, {self._kind: numbered})

    def since(self, seq: int) -> list[dict[str, Any]]:
        """Yield rows from the newest back, so that a reader can stop at the first one it knows."""
        fresh = takewhile(lambda row: row[0] > seq, reversed(self._rows))
        return [json.loads(text) for _, text in fresh][::-1]
