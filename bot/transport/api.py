"""The read API over HTTP: JSON for programs that have a token."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from aiohttp import web

from bot.transport.pace import Pace
from bot.transport.pages import HEADERS
from domain.api.query import ApiError, read_no_parameters
from domain.delivery.rate_limits import Rate

PATH = "/api/v1"
OF_TOKEN = Rate(60, timedelta(seconds=0.5))  # 60 requests at once, and two a second then
MAX_WAITING = 20  # requests that wait for the database
MAX_TOKEN = 200  # characters
ListTickets = Callable[[str, Mapping[str, Sequence[str]]], dict[str, Any]]
OfTicket = Callable[[str, str], dict[str, Any]]
Figures = Callable[[str], dict[str, Any]]


class ApiEndpoint:
    """`tickets`, `ticket`, `events` and `figures` get a token first and raise ApiError; they run on the pool."""

    def __init__(
        self, tickets: ListTickets, ticket: OfTicket, events: OfTicket, figures: Figures, document: Mapping[str, Any],
        now: Callable[[], datetime], pool: Executor,
    ) -> None:  # fmt: skip
        self._tickets, self._ticket, self._events, self._figures = tickets, ticket, events, figures
        self._document, self._now, self._pool = document, now, pool
        self._pace, self._waiting = Pace(OF_TOKEN), 0

    def add(self, app: web.Application) -> None:
        app.router.add_get(f"{PATH}/openapi.json", self._describe)
        app.router.add_get(f"{PATH}/figures", self._count)
        app.router.add_get(f"{PATH}/tickets", self._list)
        app.router.add_get(f"{PATH}/tickets/{{name}}", partial(self._one, "_ticket"))
        app.router.add_get(f"{PATH}/tickets/{{name}}/events", partial(self._one, "_events"))

    async def _describe(self, _request: web.Request) -> web.Response:
        return web.json_response(self._document, headers=HEADERS)

    async def _list(self, request: web.Request) -> web.Response:
        given = {name: request.query.getall(name) for name in request.query}
        return await self._answer(request, lambda token: self._tickets(token, given))

    async def _count(self, request: web.Request) -> web.Response:
        def work(token: str) -> dict[str, Any]:
            read_no_parameters(request.query)
            return self._figures(token)

        return await self._answer(request, work)

    async def _one(self, what: str, request: web.Request) -> web.Response:
        read: OfTicket = getattr(self, what)

        def work(token: str) -> dict[str, Any]:
            read_no_parameters(request.query)
            return read(token, request.match_info["name"])

        return await self._answer(request, work)

    async def _answer(self, request: web.Request, work: Callable[[str], dict[str, Any]]) -> web.Response:
        """Answer 200, or what an ApiError says; 429 to a token that asks too often, 503 when too many wait."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()[:MAX_TOKEN]
        if seconds := self._pace.wait(_name(token), self._now()):
            return _error(429, f"Too many requests. Try again in {seconds} s.", {"Retry-After": str(seconds)})
        if self._waiting >= MAX_WAITING:
            return _error(503, "Too many requests wait. Try again in some seconds.", {"Retry-After": "5"})
        self._waiting += 1
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, work, token)
        except ApiError as no:
            more = {"WWW-Authenticate": 'Bearer realm="hypercare"'} if no.status == 401 else {}
            return _error(no.status, no.text, more)
        finally:
            self._waiting -= 1
        return web.json_response(found, headers=HEADERS)


def _name(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


def _error(status: int, text: str, headers: Mapping[str, str]) -> web.Response:
    return web.json_response({"error": text}, status=status, headers={**HEADERS, **headers})
