"""From the event loop into the rooms: a request is handed to sync Bolt on a small bounded pool."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any
from weakref import WeakValueDictionary

import structlog
from slack_bolt import App, BoltRequest, BoltResponse

log = structlog.get_logger()
WAITING_ROOM = 2000  # requests waiting for a worker; Slack redelivers what is not taken

Headers = Mapping[str, str | Sequence[str]]


class Inbound:
    """Bolt on a pool. The count of requests in hand lets a stop wait for them."""

    def __init__(self, app: App, pool: Executor) -> None:
        self._app, self._pool = app, pool
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(WAITING_ROOM)

    async def dispatch(
        self, mode: str, body: Any, headers: Headers | None = None, query: str | None = None
    ) -> BoltResponse:
        """Bolt's answer, after the handler has committed."""
        async with self._room, self._turn(body, headers):
            self._enter()
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self._pool, self._run, mode, body, headers, query
                )
            finally:
                self._leave()

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
            log.warning("requests left unanswered", count=self._in_hand)

    def _run(self, mode: str, body: Any, headers: Headers | None, query: str | None) -> BoltResponse:
        given: dict[str, str | Sequence[str]] | None = dict(headers) if headers else None
        return self._app.dispatch(BoltRequest(mode=mode, body=body, headers=given, query=query))

    def _enter(self) -> None:
        self._in_hand += 1
        self._idle.clear()

    def _leave(self) -> None:
        self._in_hand -= 1
        if self._in_hand == 0:
            self._idle.set()


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
