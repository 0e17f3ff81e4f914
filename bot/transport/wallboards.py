"""Wallboards over HTTP, under links that expire and can be revoked."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial

from aiohttp import web

from bot.transport.pages import KeptPages, page_headers
from domain.phases.phase import Phase

PATH = "/wallboards/"
CACHE_FOR = timedelta(seconds=20)  # so that many screens cost as much as one
EXPIRED = "This wallboard has expired or isn't valid. Ask a lead for a new one: /hypercare digest wallboard in Slack."
HEADERS = page_headers()


class WallboardPages:
    """`opens` returns the phase of a link, or None, and `draws` its page; both run on the pool.

    Each request asks whether its link still opens; only the page is kept, for a moment.
    """

    def __init__(self, opens: Callable[[str], Phase | None], draws: Callable[[Phase], str],
                 now: Callable[[], datetime], pool: Executor) -> None:  # fmt: skip
        self._opens, self._draws, self._pool = opens, draws, pool
        self._pages = KeptPages(CACHE_FOR, now)

    def add(self, app: web.Application) -> None:
        app.router.add_get(PATH + "{token}", self._get)

    async def _get(self, request: web.Request) -> web.Response:
        loop, token = asyncio.get_running_loop(), request.match_info["token"]
        phase = await loop.run_in_executor(self._pool, self._opens, token)
        if phase is None:
            return web.Response(status=404, text=EXPIRED, headers=HEADERS)
        page = await self._pages.get(phase.key, partial(self._draw, phase))
        return web.Response(body=page, content_type="text/html", charset="utf-8", headers=HEADERS)

    async def _draw(self, phase: Phase, _now: datetime) -> bytes:
        page = await asyncio.get_running_loop().run_in_executor(self._pool, self._draws, phase)
        return page.encode()
