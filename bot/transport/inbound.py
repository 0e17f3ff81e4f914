"""Hand requests from the event loop to synchronous Bolt on a small bounded pool."""

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
MAX_IN_HAND = 200  # parsed requests waiting for a worker; further ones wait unparsed

Headers = Mapping[str, str | Sequence[str]]
OnAnswered = Callable[[str, float], None]


class Inbound:
    """Bolt on a pool; `timed` is called with the seconds each request took, and a stop can wait for open requests."""

    def __init__(self, app: App, pool: Executor, timed: OnAnswered = lambda _mode, _seconds: None) -> None:
        self._app, self._pool, self._timed = app, pool, timed
        self._in_hand = 0
        self._idle, self._has_capacity = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._has_capacity.set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admit(self) -> None:
        """Wait until another request may be accepted."""
        await self._has_capacity.wait()

    async def dispatch(
        self, mode: str, body: Any, headers: Headers | None = None, query: str | None = None
    ) -> BoltResponse:
        """Return Bolt's answer, after the handler has committed."""
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
        """Handle the messages of a thread one after the other, in order of arrival."""
        thread = _thread_of(body, headers)
        if thread is None:
            return nullcontext()
        return self._turns.setdefault(thread, asyncio.Lock())

    async def drained(self, timeout: float) -> None:  # noqa: ASYNC109 - a plain bound
        """Wait until all requests are answered, or for the timeout."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            log.warning("requests_unanswered", count=self._in_hand)

    def _run(self, mode: str, body: Any, headers: Headers | None, query: str | None) -> BoltResponse:
        given: dict[str, str | Sequence[str]] | None = dict(headers) if headers else None
        return self._app.dispatch(BoltRequest(mode=mode, body=body, headers=given, query=query))

    def _count(self, change: int) -> None:
        self._in_hand += change
        for event, holds in ((self._idle, self._in_hand == 0), (self._has_capacity, self._in_hand < MAX_IN_HAND)):
            if holds:
                event.set()
            else:
                event.clear()


def _thread_of(body: Any, headers: Headers | None) -> str | None:
    """Return the channel and thread of a message event; None for requests that need no order."""
    if isinstance(body, str):
        kinds = [str(v) for k, v in (headers or {}).items() if k.lower() == "content-type"]
        try:
            body = json.loads(body) if any("json" in kind for kind in kinds) else {}
        except ValueError:
            return None  # Bolt answers it with an error
    event = body.get("event") if isinstance(body, dict) else None
    if not isinstance(event, dict) or event.get("type") != "message":
        return None
    inner = event.get("message") or event.get("previous_message") or event
    return f"{event.get('channel')}:{inner.get('thread_ts')}" if inner.get("thread_ts") else None
