"""Reports over HTTP, under links that expire; each is rendered in a process of its own."""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial

import structlog
from aiohttp import web

from bot.extras import REPORT
from bot.transport.pages import KeptPages, page_headers

log = structlog.get_logger()
PATH = "/reports/"
CACHE_FOR = timedelta(seconds=60)  # a rendered page is served for this long
REPORT_TIMEOUT = 120.0  # seconds
EXPIRED_LINK = "This link has expired or isn't valid. Ask its sender for a new one: `/hypercare digest link` in Slack."
NOT_INSTALLED = "This server can't draw reports yet. Ask its operator to run: pip install 'hypercare[report]'"
HEADERS = page_headers(script_src="'unsafe-inline'", img_src="data:")


class ReportPages:
    """`opens` returns the phase of a link, or None, on the pool; one report at a time is rendered, from `database`."""

    def __init__(self, opens: Callable[[str], str | None], database: str, now: Callable[[], datetime],
                 pool: Executor) -> None:  # fmt: skip
        self._opens, self._database, self._pool = opens, database, pool
        self._pages = KeptPages(CACHE_FOR, now)

    def add(self, app: web.Application) -> None:
        app.router.add_get(PATH + "{token}", self._get)

    async def _get(self, request: web.Request) -> web.Response:
        key = await asyncio.get_running_loop().run_in_executor(self._pool, self._opens, request.match_info["token"])
        if key is None:
            return web.Response(status=404, text=EXPIRED_LINK, headers=HEADERS)
        if not REPORT.is_installed:
            return web.Response(status=503, text=NOT_INSTALLED, headers=HEADERS)
        page = await self._pages.get(key, partial(self._draw, key))
        if page is None:
            return web.Response(
                status=503, text="The report could not be created. Try again in a minute.", headers=HEADERS
            )
        return web.Response(body=page, content_type="text/html", charset="utf-8", headers=HEADERS)

    async def _draw(self, key: str, now: datetime) -> bytes | None:
        # The database URL may hold a password: other users can read arguments, but not the environment.
        known = {name: value for name, value in os.environ.items() if not name.startswith("HYPERCARE_")}
        environment = {**known, "HYPERCARE_DATABASE": self._database}
        command = (sys.executable, "-m", "bot", "report", key, "--at", now.isoformat())
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )  # fmt: skip
        try:
            made, said = await asyncio.wait_for(process.communicate(), REPORT_TIMEOUT)
        except TimeoutError:
            log.warning("report_timed_out", phase=key)
            return None
        finally:
            if process.returncode is None:  # timed out, or the app is stopping
                process.kill()
                await process.wait()
        if process.returncode:
            log.error("report_failed", phase=key, code=process.returncode, lines=len(said.splitlines()))
            return None
        return made
