"""Wallboards over HTTP, under links that expire and can be revoked."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta

from aiohttp import web

from domain.phases.phase import Phase

PATH = "/wallboards/"
CACHE_FOR = timedelta(seconds=20)  # so that many screens cost as much as one
EXPIRED = "This wallboard has expired or isn't valid. Ask a lead for a new one: /hypercare digest wallboard in Slack."
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
HEADERS = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
           "X-Content-Type-Options": "nosniff",
           "Content-Security-Policy": CONTENT_SECURITY_POLICY}  # fmt: skip


class WallboardPages:
    """`opens` returns the phase of a link, or None, and `draws` its page; both run on the pool.

    Each request asks whether its link still opens; only the page is kept, for a moment.
    """

    def __init__(self, opens: Callable[[str], Phase | None], draws: Callable[[Phase], str],
                 now: Callable[[], datetime], pool: Executor) -> None:  # fmt: skip
        self._opens, self._draws, self._now, self._pool = opens, draws, now, pool
        self._made: dict[int, tuple[datetime, str]] = {}
        self._turn = asyncio.Lock()

    def add(self, app: web.Application) -> None:
        app.router.add_get(PATH + "{token}", self._get)

    async def _get(self, request: web.Request) -> web.Response:
        loop, token = asyncio.get_running_loop(), request.match_info["token"]
        phase = await loop.run_in_executor(self._pool, self._opens, token)
        if phase is None:
            return web.Response(status=404, text=EXPIRED, headers=HEADERS)
        async with self._turn:
            page = await self._page(phase)
        return web.Response(text=page, content_type="text/html", charset="utf-8", headers=HEADERS)

    async def _page(self, phase: Phase) -> str:
        at, page = self._made.get(phase.id, (None, ""))
        now = self._now()
        if at is None or not at <= now < at + CACHE_FOR:
            page = await asyncio.get_running_loop().run_in_executor(self._pool, self._draws, phase)
            self._made[phase.id] = (now, page)
        return page
