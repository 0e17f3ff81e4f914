"""What other systems say over HTTP: that something happened to the system, or what they measured."""

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from aiohttp import web

from domain.errors import Refused, Repeated

PATH = "/signals/"
HandleSignal = Callable[[str, Mapping[str, Any], str | None], str]


class SignalEndpoint:
    """`take` is given the phase's key, what was sent and the key of the request; it answers in a sentence."""

    def __init__(self, token: str, take: HandleSignal, pool: Executor) -> None:
        self._token, self._take, self._pool = token, take, pool

    def add(self, app: web.Application) -> None:
        app.router.add_post(PATH + "{key}", self._received)

    async def _received(self, request: web.Request) -> web.Response:
        """202 with a sentence; 401 without the token, 400 with what is wrong."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self._token or not hmac.compare_digest(given.encode(), self._token.encode()):
            return _answer(401, "The token is missing or wrong.")
        try:
            body = json.loads(await request.text())
        except ValueError:
            return _answer(400, "The body is not JSON.")
        if not isinstance(body, dict):
            return _answer(400, "The body is not a JSON object.")
        once = request.headers.get("Idempotency-Key")
        work = (request.match_info["key"], body, f"signal:{once}" if once else None)
        try:
            said = await asyncio.get_running_loop().run_in_executor(self._pool, self._take, *work)
        except Refused as no:
            return _answer(400, no.text)
        except Repeated:
            return _answer(202, "That was said before.")
        return _answer(202, said)


def _answer(status: int, said: str) -> web.Response:
    return web.json_response({"said": said}, status=status)
