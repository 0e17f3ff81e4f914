"""Hand requests from the event loop to synchronous Bolt on a small bounded pool."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from weakref import WeakValueDictionary

import structlog
from slack_bolt import App, BoltRequest, BoltResponse

from bot.transport.payload import EVENTS_LIMITED, MalformedPayload, check_payload

log = structlog.get_logger()
YIELD_SECONDS = 0.05  # seconds; messages, timers and App Homes wait so long for people, and then go on
MANY = 8  # requests in hand; while there are so many, the others wait longer
MANY_SECONDS = 1.0  # seconds, as long as Slack takes for one message in a channel; an urgent one goes on sooner
LOOK_SECONDS = 0.002  # seconds until a thread that waits for people looks again
MAX_IN_HAND = 200  # parsed requests waiting for a worker; further ones wait unparsed

Headers = Mapping[str, str | Sequence[str]]
OnAnswered = Callable[[str, float], None]


class Inbound:
    """Bolt on a pool; a stop can wait for open requests.

    `timed` is called with the seconds each request took, `unsaved` when one could not be handled now, and `kept_back`
    with the minute, or None, whose events Slack does not deliver.
    """

    def __init__(
        self, app: App, pool: Executor, timed: OnAnswered = lambda _mode, _seconds: None,
        unsaved: Callable[[], None] = lambda: None, kept_back: Callable[[datetime | None], None] = lambda _minute: None,
    ) -> None:  # fmt: skip
        self._app, self._pool, self._timed = app, pool, timed
        self._unsaved, self._kept_back = unsaved, kept_back
        self._in_hand = 0
        self._idle, self._has_capacity = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._has_capacity.set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admit(self) -> None:
        """Wait until another request may be accepted."""
        await self._has_capacity.wait()

    async def dispatch(
        self, mode: str, body: Any, headers: Headers | None = None, query: str | None = None, *, parsed: Any = None
    ) -> BoltResponse:
        """Return Bolt's answer, after the handler has committed; `parsed` is what a body in text says."""
        began, payload = time.monotonic(), body if parsed is None else parsed
        if isinstance(payload, Mapping) and payload.get("type") == EVENTS_LIMITED:
            log.warning("events_limited")
            self._kept_back(_minute_of(payload))
            return BoltResponse(status=HTTPStatus.OK, body="")
        self._count(1)
        try:
            async with self._turn(payload):
                run = asyncio.get_running_loop().run_in_executor
                answer = await run(self._pool, self._run, mode, body, headers, query)
                if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    self._unsaved()
                return answer
        finally:
            self._count(-1)
            self._timed(mode, time.monotonic() - began)

    def _turn(self, payload: Any) -> AbstractAsyncContextManager[Any]:
        """Handle the messages of a thread, and what is done to each, one after the other, in order of arrival."""
        thread = _thread_of(payload)
        if thread is None:
            return nullcontext()
        return self._turns.setdefault(thread, asyncio.Lock())

    async def yield_to_people(self, is_urgent: Callable[[], bool] = lambda: False) -> None:
        """Wait for a moment while requests are being answered: what is not urgent for people takes their processor.

        It waits longer while there are many of them, and looks now and then whether it `is_urgent` by now.
        """
        until = time.monotonic() + MANY_SECONDS
        while self._in_hand:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), YIELD_SECONDS)
            if self._in_hand < MANY or time.monotonic() >= until or is_urgent():
                break

    def wait_for_people(self, seconds: float) -> float:
        """Let a thread wait for so many seconds at most while requests are being answered; return how many it did."""
        began = now = time.monotonic()
        while self._in_hand and now < began + seconds:
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
        return now - began

    async def drained(self, timeout: float) -> None:  # noqa: ASYNC109 - a plain bound
        """Wait until all requests are answered, or for the timeout."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            log.warning("requests_unanswered", count=self._in_hand)

    def _run(self, mode: str, body: Any, headers: Headers | None, query: str | None) -> BoltResponse:
        given: dict[str, str | Sequence[str]] | None = dict(headers) if headers else None
        try:
            if mode == "socket_mode":  # what came by HTTP has been read before
                check_payload(body)
            return self._app.dispatch(BoltRequest(mode=mode, body=body, headers=given, query=query))
        except MalformedPayload as wrong:
            log.warning("http_request_refused", status=400, reason=str(wrong))
            return BoltResponse(status=400, body="")
        except Exception as error:  # noqa: BLE001 - Bolt reads some parts of a payload before it looks at them
            log.warning("http_request_refused", status=400, reason=type(error).__name__)
            return BoltResponse(status=400, body="")

    def _count(self, change: int) -> None:
        self._in_hand += change
        for event, holds in ((self._idle, self._in_hand == 0), (self._has_capacity, self._in_hand < MAX_IN_HAND)):
            if holds:
                event.set()
            else:
                event.clear()


def _minute_of(payload: Mapping[str, Any]) -> datetime | None:
    """Return the minute whose events Slack kept back; None when it does not say."""
    try:
        return datetime.fromtimestamp(int(payload["minute_rate_limited"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def _thread_of(payload: Any) -> str | None:
    """Return the channel and thread of a message event; None for requests that need no order."""
    event = payload.get("event") if isinstance(payload, Mapping) else None
    if not isinstance(event, Mapping) or event.get("type") not in ("message", "app_mention"):
        return None
    inner = event.get("message") or event.get("previous_message") or event
    if not isinstance(inner, Mapping):
        return None
    thread = inner.get("thread_ts") or event.get("deleted_ts") or inner.get("ts")
    return f"{event.get('channel')}:{thread}" if thread else None
