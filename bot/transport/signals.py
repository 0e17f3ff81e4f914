"""Events, measurements and alerts from other systems over HTTP."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from functools import partial

import structlog
from aiohttp import web

from bot.transport.connections import read_body, storable
from domain.errors import Refused, Repeated
from domain.gateways.otlp import CONTENT_TYPE
from domain.rehearsal.marks import HEADER
from domain.signals.alert import MAX_BYTES
from domain.signals.kinds import KINDS

log = structlog.get_logger()
PATH = "/signals/"
MAX_WAITING = 100  # requests with alerts; each takes some milliseconds
TakeSignal = Callable[[str, str, Mapping[str, str], bytes], tuple[int, str]]
Taking = asyncio.Future[tuple[int, str]]
HandleSignal = Callable[..., str]
Rehearse = Callable[..., str]
NOT_PROVEN = "The token is missing or wrong."


class SignalEndpoint:
    """`take` gets the phase's key, the body and the request's key, and returns the answer's text.

    `rehearse` gets the mark of a rehearsal instead of the request's key, and returns "" where it is not one.
    """

    def __init__(self, token: str, take: HandleSignal, rehearse: Rehearse, pool: Executor) -> None:
        self._token, self._take, self._rehearse, self._pool = token, take, rehearse, pool

    def add(self, app: web.Application) -> None:
        app.router.add_post(PATH + "{key}", self._received)

    async def _received(self, request: web.Request) -> web.Response:
        """Answer 202, 401 without the token or a mark of a rehearsal, or 400 with the error."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        mark = storable(request.headers.get(HEADER, ""))
        if not self._token or not (mark or hmac.compare_digest(_raw(given), _raw(self._token))):
            return _answer(401, NOT_PROVEN)
        try:
            body = json.loads((await read_body(request)).decode())
        except (ValueError, RecursionError):
            return _answer(400, "The body is not JSON.")
        if not isinstance(body, dict):
            return _answer(400, "The body is not a JSON object.")
        once = request.headers.get("Idempotency-Key")
        key = f"signal:{storable(once)}" if once else None
        take = partial(self._rehearse, mark=mark) if mark else partial(self._take, request=key)
        work = partial(take, request.match_info["key"], body)
        try:
            said = await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except Refused as no:
            return _answer(400, no.text)
        except Repeated:
            return _answer(202, "This was received before.")
        return _answer(202, said) if said else _answer(401, NOT_PROVEN)


class IntegrationEndpoint:
    """Where alerts come in. `take` gets the phase's key, the kind, the headers with lower-case names and the body.

    Lines of logs are taken in on `log_pool`, so that they never hold up alerts. `people` waits for a moment while
    people are being answered; lines take their processor otherwise.
    """

    def __init__(self, take: TakeSignal, pool: Executor, log_pool: Executor, people: Callable[[], Awaitable[None]]) -> (
        None
    ):  # fmt: skip
        self._take, self._pool, self._log_pool, self._people, self._waiting = take, pool, log_pool, people, 0

    def add(self, app: web.Application) -> None:
        app.router.add_post(PATH + "{key}/{kind}", self._received)
        app.router.add_post(PATH + "{key}/{kind}/v1/traces", self._received)  # exporters of OTLP add this

    async def _received(self, request: web.Request) -> web.Response:
        """Answer what `take` says, 413 for a body that is too large, or 503 when too many requests wait."""
        if self._waiting >= MAX_WAITING:
            return _busy()
        self._waiting += 1
        try:
            headers = {name.lower(): text for name, text in request.headers.items()}
            kind = KINDS.get(request.match_info["kind"].lower())
            body = await read_body(request, kind.max_bytes if kind else MAX_BYTES)
            pool = self._pool
            if kind and kind.sends_logs:
                pool = self._log_pool
                await self._people()
            work = (request.match_info["key"], request.match_info["kind"], headers, body)
            taking = asyncio.get_running_loop().run_in_executor(pool, self._take, *work)
        except BaseException:
            self._waiting -= 1
            raise
        taking.add_done_callback(self._taken)
        try:
            async with asyncio.timeout(kind.answer_within if kind else None):
                status, said = await asyncio.shield(taking)
        except TimeoutError:  # it goes on, and is known when the sender tries again
            taking.add_done_callback(_log_late)
            return _busy()
        if status == 200 and request.content_type == CONTENT_TYPE:
            return web.Response(content_type=CONTENT_TYPE)  # OTLP wants its own empty answer
        return _answer(status, said)

    def _taken(self, _taking: Taking) -> None:
        self._waiting -= 1


def _log_late(taking: Taking) -> None:
    """Log an error for which no one waits any more."""
    error = None if taking.cancelled() else taking.exception()
    if error:
        log.error("database_failed", error=type(error).__name__)


def _busy() -> web.Response:
    answer = _answer(503, "Too many requests wait. Try again in some seconds.")
    answer.headers["Retry-After"] = "5"
    return answer


def _raw(text: str) -> bytes:
    """Return a header as it was sent: aiohttp keeps bytes that are not UTF-8 as surrogates."""
    return text.encode("utf-8", "surrogateescape")


def _answer(status: int, said: str) -> web.Response:
    return web.json_response({"said": said}, status=status)
