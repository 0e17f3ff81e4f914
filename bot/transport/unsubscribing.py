"""The page that ends digests by mail. Opening it ends nothing: its button does, and mail programs do (RFC 8058)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from aiohttp import web

from bot.transport.connections import read_body
from bot.transport.pages import page_headers

PATH = "/unsubscribe/{token}"
HEADERS = page_headers(form_action="'self'")
MAX_BYTES = 10_000  # of what is sent, which says nothing that counts
Answer = tuple[int, str]  # the status and the page


class UnsubscribePages:
    """`look` returns the page that asks, and `end` takes a person off the lists; both run on the pool."""

    def __init__(self, look: Callable[[str], Answer], end: Callable[[str], Answer], pool: Executor) -> None:
        self._look, self._end, self._pool = look, end, pool

    def add(self, app: web.Application) -> None:
        app.router.add_get(PATH, self._get)
        app.router.add_post(PATH, self._post)

    async def _get(self, request: web.Request) -> web.Response:
        return await self._answer(self._look, request)

    async def _post(self, request: web.Request) -> web.Response:
        await read_body(request, MAX_BYTES)
        return await self._answer(self._end, request)

    async def _answer(self, work: Callable[[str], Answer], request: web.Request) -> web.Response:
        run = asyncio.get_running_loop().run_in_executor
        status, page = await run(self._pool, work, request.match_info["token"])
        return web.Response(status=status, text=page, content_type="text/html", headers=HEADERS)
