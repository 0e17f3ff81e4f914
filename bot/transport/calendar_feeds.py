"""Calendars to subscribe to, under addresses that nobody can guess."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from aiohttp import web

PATH = "/oncall/"


class CalendarFeedPages:
    """`made` gives the calendar of a token, or None; it is asked on the pool."""

    def __init__(self, made: Callable[[str], bytes | None], pool: Executor) -> None:
        self._made, self._pool = made, pool

    def add(self, app: web.Application) -> None:
        app.router.add_get(PATH + "{token}.ics", self._get)

    async def _get(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        data = await asyncio.get_running_loop().run_in_executor(self._pool, self._made, token)
        if data is None:
            return web.Response(status=404, text="There is no such calendar; `/hypercare oncall feed` makes one.")
        return web.Response(body=data, content_type="text/calendar", charset="utf-8")
