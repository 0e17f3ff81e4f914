"""HTTP mode: one URL for all signed requests of Slack."""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from bot.transport.connections import MAX_BODY_BYTES, BytePace, ConnectionLimits, read_body, refused
from bot.transport.inbound import Inbound
from bot.transport.payload import MalformedPayload, read_payload
from bot.transport.signature import is_signed, may_be_signed

log = structlog.get_logger()
PATH = "/slack/events"
DRAIN_SECONDS = 4.0  # seconds a stop waits for requests in progress
SMALL_BYTES = 16_384  # of a body that is checked at once, because handing it to a thread takes longer
LARGE_BYTES_A_SECOND = 8_000_000  # of all larger bodies together, so that a flood leaves the event loop to others


class HttpServer:
    """Listens on host:port; `port` is the actual one after start(). `probes` adds the routes of health checks.

    Large bodies are read at a pace, in turns, and their signatures are checked on threads of their own, so that bodies
    of strangers hold up neither the event loop nor the handlers.
    """

    def __init__(
        self,
        inbound: Inbound,
        host: str,
        port: int,
        probes: Callable[[web.Application], None],
        signing_secret: str,
        outages: tuple[type[Exception], ...],
    ) -> None:
        self._inbound, self._host, self.port, self._secret = inbound, host, port, signing_secret
        self._limits = ConnectionLimits(outages)
        self._app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._limits.middleware])
        self._app.router.add_post(PATH, self._received)
        probes(self._app)
        self._runner = self._limits.runner(self._app, shutdown_timeout=1.0)
        self._server: asyncio.Server | None = None
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="read")
        self._pace = BytePace(LARGE_BYTES_A_SECOND)
        self._is_proven = False  # whether a request ever had a signature that fits the secret
        self._refused = 0  # before that

    @property
    def unproven(self) -> int:
        """How many requests were refused for their signature, where none has fitted the secret since the start."""
        return 0 if self._is_proven else self._refused

    async def start(self) -> None:
        """Start to listen; raise OSError when the port is in use."""
        await self._runner.setup()
        assert self._runner.server
        guarded = self._limits.guard(self._runner.server)
        self._server = await asyncio.get_running_loop().create_server(guarded, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("http_server_started", mode="http", host=self._host, port=self.port)

    async def stop(self) -> None:
        """Accept no new requests, and answer those in progress."""
        if self._server:
            self._server.close()
        await self._inbound.drained(DRAIN_SECONDS)
        await self._runner.cleanup()
        self._readers.shutdown(cancel_futures=True)

    async def _received(self, request: web.Request) -> web.Response:
        if not may_be_signed(request.headers, time.time()):
            return self._refuse()
        try:
            body, payload = await self._read_payload(request)
        except MalformedPayload as wrong:
            return refused(400, str(wrong))
        if payload is None:
            return self._refuse()
        headers = dict(request.headers)
        answer = await self._inbound.dispatch("http", body.decode(), headers, request.query_string, parsed=payload)
        answered = {k: v[0] for k, v in answer.headers.items() if k.lower() not in ("content-type", "content-length")}
        kind = (answer.headers.get("content-type") or ["text/plain"])[0].split(";")[0]
        return web.Response(status=answer.status, text=answer.body or "", headers=answered, content_type=kind)

    def _refuse(self) -> web.Response:
        self._refused += 1
        return refused(401, "signature")

    async def _read_payload(self, request: web.Request) -> tuple[bytes, Mapping[str, Any] | None]:
        """Return the body and what it says, None when it is not signed; MalformedPayload when that can't be read."""
        if (request.content_length or MAX_BODY_BYTES) <= SMALL_BYTES and "Content-Encoding" not in request.headers:
            body = await read_body(request)
            return body, self._read(request.headers, body)
        body = await read_body(request, pace=self._pace)
        read = partial(self._read, request.headers, body)
        return body, await asyncio.get_running_loop().run_in_executor(self._readers, read)

    def _read(self, headers: Mapping[str, str], body: bytes) -> Mapping[str, Any] | None:
        """Return the payload; None when it is not signed, MalformedPayload when it is and can't be read."""
        if not is_signed(self._secret, headers, body, time.time()):
            return None
        self._is_proven = True
        return read_payload(body, headers.get("Content-Type", ""))
