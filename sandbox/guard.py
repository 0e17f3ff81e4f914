"""Keeps web pages from elsewhere out: only this machine's own addresses, and no foreign origins."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

LOCAL = ("127.0.0.1", "localhost", "::1")

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def same_machine(request: web.Request, handler: Handle) -> web.StreamResponse:
    """A name that only resolves to this machine, or a page of another site, gets nothing."""
    origin = request.headers.get("Origin")
    foreign_host = urlsplit(f"//{request.host}").hostname not in LOCAL
    # Sockets come with a ticket, and some clients invent an origin for them.
    foreign_page = origin is not None and urlsplit(origin).netloc != request.host and request.path != "/link/"
    if foreign_host or foreign_page:
        return web.json_response({"error": "The sandbox answers only this machine."}, status=403)
    return await handler(request)
