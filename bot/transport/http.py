"""HTTP mode: one URL for all signed requests of Slack."""

from collections.abc import Callable

import structlog
from aiohttp import web

from bot.transport.inbound import Inbound

log = structlog.get_logger()
PATH = "/slack/events"
DRAIN_SECONDS = 4.0  # seconds a stop waits for requests in progress
MAX_BODY_BYTES = 5 * 1024 * 1024  # bytes; Slack's largest payloads are far below


class HttpServer:
    """Listens on host:port; `port` is the actual one after start(). `probes` adds the routes of health checks."""

    def __init__(self, inbound: Inbound, host: str, port: int, probes: Callable[[web.Application], None]) -> None:
        self._inbound, self._host, self.port = inbound, host, port
        self._app = web.Application(client_max_size=MAX_BODY_BYTES)
        self._app.router.add_post(PATH, self._received)
        probes(self._app)
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1.0)
        self._site: web.TCPSite | None = None

    async def start(self) -> None:
        """Start to listen; raise OSError when the port is in use."""
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, self._host, self.port)
        await self._site.start()
        self.port = self._runner.addresses[0][1]
        log.info("http_server_started", mode="http", host=self._host, port=self.port)

    async def stop(self) -> None:
        """Accept no new requests, and answer those in progress."""
        if self._site:
            await self._site.stop()
        await self._inbound.drained(DRAIN_SECONDS)
        await self._runner.cleanup()

    async def _received(self, request: web.Request) -> web.Response:
        # Bolt would answer 500 to a timestamp that isn't a number; treat it as a bad signature.
        if not request.headers.get("X-Slack-Request-Timestamp", "").isdecimal():
            return web.Response(status=401, text="The signature is missing or wrong.")
        try:
            body = (await request.read()).decode("utf-8")
        except UnicodeDecodeError:
            return web.Response(status=400, text="The body is not UTF-8.")
        answer = await self._inbound.dispatch("http", body, dict(request.headers), request.query_string)
        headers = {k: v[0] for k, v in answer.headers.items() if k.lower() not in ("content-type", "content-length")}
        kind = (answer.headers.get("content-type") or ["text/plain"])[0].split(";")[0]
        return web.Response(status=answer.status, text=answer.body or "", headers=headers, content_type=kind)
