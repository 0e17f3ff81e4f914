"""The addresses of tickets over HTTP, each of which leads to the ticket's place in Slack."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from aiohttp import web

from bot.transport.pages import HEADERS

PATH = "/tickets/{name}"


class TicketLinks:
    """`place_of` returns the address in Slack of a ticket's name; it is called on the pool."""

    def __init__(self, place_of: Callable[[str], str], pool: Executor) -> None:
        self._place_of, self._pool = place_of, pool

    def add(self, app: web.Application) -> None:
        app.router.add_get(PATH, self._get)

    async def _get(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        place = await asyncio.get_running_loop().run_in_executor(self._pool, self._place_of, name)
        return web.Response(status=302, headers={**HEADERS, "Location": place})
