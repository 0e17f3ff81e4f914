"""Limits of an HTTP server's connections: how many there may be, and how long one may take to ask for something."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp
import structlog
from aiohttp import web

log = structlog.get_logger()
rejections: Counter[str] = Counter()  # requests that were refused since the start, by status
LOG_SECONDS = 60.0  # one line for each kind of refusal in this time, because strangers decide how many there are
_logged: dict[tuple[int, str], tuple[float, int]] = {}  # when the last line was written, and how many came since
MAX_CONNECTIONS = 500
HEADER_SECONDS = 10.0  # until the head of the next request has arrived; also how long an idle connection is kept
BODY_SECONDS = 10.0
MAX_BODY_BYTES = 1024 * 1024
REFUSED_SECONDS = 10.0  # in which the rest of a refused body may arrive, so that its sender reads the answer
REFUSED_BYTES_A_SECOND = 8_000_000  # of all refused bodies together
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Connection(asyncio.Protocol):
    """One connection, which aiohttp handles, and a timer that closes it while it asks for nothing."""

    def __init__(self, limits: "ConnectionLimits", inner: asyncio.Protocol) -> None:
        self._limits, self._inner = limits, inner
        self._transport: asyncio.BaseTransport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._inner.connection_made(transport)
        self._limits.opened(self, transport)
        self.wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_waiting()
        if self._transport:
            self._limits.closed(self, self._transport)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def wait(self) -> None:
        """Give the client some seconds for its next request."""
        self.stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(HEADER_SECONDS, self.abort)

    def stop_waiting(self) -> None:
        """A request has begun, so aiohttp and its handler say how long it may take."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    @property
    def is_waiting(self) -> bool:
        return self._timer is not None

    def abort(self) -> None:
        self._timer = None
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()


class ConnectionLimits:
    """The connections of one server. When there are too many, the one that has asked for nothing longest is closed.

    `outages` are the errors that say that the database can't be reached, so that the client may try again.
    """

    def __init__(self, outages: tuple[type[Exception], ...]) -> None:
        self._outages = outages
        self._open: dict[_Connection, None] = {}  # in the order in which they were opened
        self._by_transport: dict[asyncio.BaseTransport, _Connection] = {}
        self._refused_pace = BytePace(REFUSED_BYTES_A_SECOND)

    def runner(self, app: web.Application, *, shutdown_timeout: float) -> web.AppRunner:
        """Return the runner of an app with this middleware; it doesn't read on by itself what a handler left unread."""
        return web.AppRunner(app, access_log=None, shutdown_timeout=shutdown_timeout, lingering_time=0)

    def guard(self, server: web.Server) -> Callable[[], asyncio.Protocol]:
        """Return the factory of protocols to listen with, around that of an aiohttp server."""
        server.request_handler = _never_failing(server.request_handler)
        return lambda: _Connection(self, server())

    def opened(self, connection: _Connection, transport: asyncio.BaseTransport) -> None:
        self._open[connection] = None
        self._by_transport[transport] = connection
        if len(self._open) > MAX_CONNECTIONS:
            silent = next((one for one in self._open if one.is_waiting), connection)
            log.warning("connection_closed", reason="too many connections")
            silent.abort()

    def closed(self, connection: _Connection, transport: asyncio.BaseTransport) -> None:
        self._open.pop(connection, None)
        self._by_transport.pop(transport, None)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Stop the timer of a connection during its request, and answer errors with one log line and no traceback."""
        connection = self._by_transport.get(request.transport) if request.transport else None
        if connection:
            connection.stop_waiting()
        try:
            if "\0" in f"{request.path} {request.query_string}":  # which PostgreSQL can't compare with anything
                return refused(400, "a zero byte in the address")
            return await handler(request)
        except web.HTTPException:
            raise
        except TimeoutError:
            return refused(408, "the body did not arrive in time")
        except web.RequestPayloadError:
            return refused(400, "the body can't be unpacked")
        except self._outages as error:
            log.error("database_failed", error=type(error).__name__)  # noqa: TRY400 - a traceback would repeat the statement
            return web.Response(status=503, text="The database can't be reached.")
        except Exception as error:  # noqa: BLE001 - whatever was sent, the answer is clear and the server goes on
            return refused(400, type(error).__name__)
        finally:
            await self._discard(request)
            if connection and request.transport is not None:
                connection.wait()

    async def _discard(self, request: web.Request) -> None:
        """Throw away at a pace what a handler left unread; aiohttp closes the connection when more is to come."""
        with suppress(TimeoutError, ConnectionError, web.HTTPException, web.RequestPayloadError, aiohttp.ClientError):
            async with asyncio.timeout(REFUSED_SECONDS):
                while not request.content.is_eof() and (chunk := await request.content.readany()):
                    await self._refused_pace.wait(len(chunk))


class BytePace:
    """How many bytes a second may be read; requests take turns, and wait when there are more."""

    def __init__(self, rate: float) -> None:
        self._rate, self._free_at = rate, 0.0

    async def wait(self, count: int) -> None:
        """Wait until so many bytes may be read."""
        now = asyncio.get_running_loop().time()
        at = max(self._free_at, now)
        self._free_at = at + count / self._rate
        if at > now:
            await asyncio.sleep(at - now)


async def read_body(request: web.Request, limit: int = MAX_BODY_BYTES, pace: BytePace | None = None) -> bytes:
    """Return the body, unpacked if it was packed with gzip, of at most `limit` bytes, at that pace.

    TimeoutError when it does not arrive, HTTPRequestEntityTooLarge when it is too large.
    """
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length or 0)
    body = bytearray()
    async with asyncio.timeout(BODY_SECONDS):
        while chunk := await request.content.readany():
            body += chunk
            if len(body) > limit:
                raise web.HTTPRequestEntityTooLarge(limit, len(body))
            if pace:
                await pace.wait(len(chunk))
    return bytes(body)


def storable(text: str) -> str:
    """Return the text of a header with its bytes that are no UTF-8 escaped, since no database takes them."""
    return text.encode("utf-8", "backslashreplace").decode()


def _never_failing(handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> (
    Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
):  # fmt: skip
    """Return the handler of a server, with a clear answer also to what fails before any middleware sees it."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPException, ConnectionError):
            raise
        except UnicodeError:  # aiohttp quotes a header `Expect` in its answer
            return refused(400, "a header that is not UTF-8")
        except Exception as error:  # noqa: BLE001 - as in the middleware
            return refused(400, type(error).__name__)

    return handle


def refused(status: int, reason: str) -> web.Response:
    """Return the answer to a request that is refused, and log it."""
    rejections[str(status)] += 1
    _log_refusal(status, reason)
    said = {401: "The signature is missing or wrong.", 408: "The request took too long."}
    return web.Response(status=status, text=said.get(status, "This request can't be read."))


def _log_refusal(status: int, reason: str) -> None:
    """Write the first refusal of its kind, and then at most one line a minute that counts the others."""
    now, (last, count) = time.monotonic(), _logged.get((status, reason), (-LOG_SECONDS, 0))
    if now - last < LOG_SECONDS:
        _logged[status, reason] = (last, count + 1)
        return
    _logged[status, reason] = (now, 0)
    log.warning("http_request_refused", status=status, reason=reason, more_since_the_last=count)
