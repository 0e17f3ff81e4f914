"""Monitoring over HTTP: liveness, readiness and metrics."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any

import structlog
from aiohttp import web

from bot.transport.connections import MAX_BODY_BYTES, ConnectionLimits

log = structlog.get_logger()
ANSWER_TIMEOUT = 1.0  # seconds, whatever the database does
Ready = Callable[[], Awaitable[dict[str, str]]]


class MonitorServer:
    """`ready` returns the reasons why it isn't ready, by name; `notes` what may be wrong besides.

    `figures` returns the Prometheus metrics, on the pool.

    `own_figures` are those that need no database, which are served alone while it does not answer.
    """

    def __init__(
        self,
        ready: Ready,
        figures: Callable[[], bytes],
        own_figures: Callable[[], bytes],
        pool: Executor,
        outages: tuple[type[Exception], ...],
        notes: Callable[[], dict[str, str]] = dict,
    ) -> None:
        self._notes = notes
        self._ready, self._figures, self._own_figures = ready, figures, own_figures
        self._pool, self._outages = pool, outages
        self._scrape: asyncio.Future[bytes] | None = None
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._more: list[Callable[[web.Application], None]] = []
        self.port = 0

    def serve(self, add: Callable[[web.Application], None]) -> None:
        """Add routes that people open, such as reports."""
        self._more.append(add)

    async def start(self, host: str, port: int) -> None:
        """Listen on its own address, which Slack needn't reach; raise OSError when the port is in use."""
        limits = ConnectionLimits(self._outages)
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[limits.middleware])
        self.add_probes(app)
        app.router.add_get("/metrics", self._metrics)
        self._runner = limits.runner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        assert self._runner.server
        try:
            guarded = limits.guard(self._runner.server)
            self._server = await asyncio.get_running_loop().create_server(guarded, host, port)
        except OSError:
            await self.stop()
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("monitor_started", host=host, port=self.port)

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        if self._runner:
            await self._runner.cleanup()

    def add_probes(self, app: web.Application) -> None:
        """Add the health checks; they reveal nothing about people, so they may be on the public address too."""
        app.router.add_get("/healthz", self._alive)
        app.router.add_get("/readyz", self._is_ready)
        for add in self._more:
            add(app)

    async def _alive(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _is_ready(self, _request: web.Request) -> web.Response:
        try:
            problems = await asyncio.wait_for(self._ready(), ANSWER_TIMEOUT)
        except TimeoutError:
            problems = {"database": "does not answer"}
        body: dict[str, Any] = {"ready": not problems, "problems": problems, "notes": self._notes()}
        return web.json_response(body, status=503 if problems else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        # A scrape that hangs in the database keeps its thread; the next ones wait for the same one.
        if self._scrape is None or self._scrape.done():
            self._scrape = asyncio.get_running_loop().run_in_executor(self._pool, self._figures)
        done, _ = await asyncio.wait({self._scrape}, timeout=ANSWER_TIMEOUT)
        text = self._scrape.result() if done else self._own_figures()
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
