"""Calendar feeds over HTTP, under secret URLs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from aiohttp import web

from bot.transport.pages import HEADERS

PATH = "/oncall/"


class CalendarFeedPages:
    """`calendar_of` returns the iCalendar file of a token, or None; it runs on the pool."""

    def __init__(self, calendar_of: Callable[[str], bytes | None], pool: Executor) -> None:
        self._calendar_of, self._pool = calendar_of, pool

    def add(self, app: web.Application) -> None:
        app.router.add_get(PATH + "{token}.ics", self._get)

    async def _get(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        data = await asyncio.get_running_loop().run_in_executor(self._pool, self._calendar_of, token)
        if data is None:
            return web.Response(
                status=404,
                headers=HEADERS,
                text="This calendar doesn't exist. Type `/hypercare oncall feed` in Slack to get a new address.",
            )
        return web.Response(body=data, content_type="text/calendar", charset="utf-8", headers=HEADERS)
