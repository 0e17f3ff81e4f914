"""From the event loop into the rooms: a request is handed to sync Bolt on a small bounded pool."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any
from weakref import WeakValueDictionary

import structlog
from slack_bolt import App, BoltRequest, BoltResponse

log = structlog.get_logger()
MAX_IN_HAND = 200  # requests waiting for a worker, parsed; what comes then waits as it came

Headers = Mapping[str, str | Sequence[str]]
OnAnswered = Callable[[str, float], None]


class Inbound:
    """Bolt on a pool. The count of requests in hand lets a stop wait for them; `timed` hears how long each took."""

    def __init__(self, app: App, pool: Executor, timed: OnAnswered = lambda _mode, _seconds: None) -> None:
        self._app, self._pool, self._timed = app, pool, timed
        self._in_hand = 0
        self._idle, self._room = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._room.set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admit(self) -> None:
        """Wait until there is room for one more."""
        await self._room.wait()

    async def dispatch(
        self, mode: str, body: Any, headers: Headers | None = None, query: str | None = None
    ) -> BoltResponse:
        """Bolt's answer, after the handler has committed."""
        began = time.monotonic()
        self._count(1)
        try:
            async with self._turn(body, headers):
                run = asyncio.get_running_loop().run_in_executor
                return await run(self._pool, self._run, mode, body, headers, query)
        finally:
            self._count(-1)
            self._timed(mode, time.monotonic() - began)

    def _turn(self, body: Any, headers: Headers | None) -> AbstractAsyncContextManager[Any]:
        """Messages of one thread are handled one after the other, in the order in which they came."""
        thread = _thread_of(body, headers)
        if thread is None:
            return nullcontext()
        return self._turns.setdefault(thread, asyncio.Lock())

    async def drained(self, timeout: float) -> None:  # noqa: ASYNC109 - a plain bound
        """Everything in hand is answered, or the time is up."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            log.warning("requests_unanswered", count=self._in_hand)

    def _run(self, mode: str, body: Any, headers: Headers | None, query: str | None) -> BoltResponse:
        given: dict[str, str | Sequence[str]] | None = dict(headers) if headers else None
        return self._app.dispatch(BoltRequest(mode=mode, body=body, headers=given, query=query))

    def _count(self, change: int) -> None:
        self._in_hand += change
        for event, holds in ((self._idle, self._in_hand == 0), (self._room, self._in_hand < MAX_IN_HAND)):
            if holds:
                event.set()
            else:
                event.clear()


def _thread_of(body: Any, headers: Headers | None) -> str | None:
    """The channel and thread of a message event; nothing else has to wait its turn."""
    if isinstance(body, str):
        kinds = [str(v) for k, v in (headers or {}).items() if k.lower() == "content-type"]
        try:
            body = json.loads(body) if any("json" in kind for kind in kinds) else {}
        except ValueError:
            return None  # Bolt will say what is wrong with it
    event = body.get("event") if isinstance(body, dict) else None
    if not isinstance(event, dict) or event.get("type") != "message":
        return None
    inner = event.get("message") or event.get("previous_message") or event
    return f"{event.get('channel')}:{inner.get('thread_ts')}" if inner.get("thread_ts") else None
