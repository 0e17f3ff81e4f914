"""A bare Slack for the bot to connect to: the Web API as constants, and Socket Mode links that time each answer."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, Self

from aiohttp import WSMsgType, web

from bench.webapi import WebApi

CONNECT = 120  # seconds a process may take until its link stands
PATIENCE = 60  # seconds for one acknowledgement, also at the end of a burst
IDS = itertools.count(1)


class Link:
    """One Socket Mode connection. Envelopes go out, and each is answered by its id."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self.connected_at = time.perf_counter()
        self.unknown = 0  # unexpected acknowledgements: a second one for the same envelope

    async def ask(self, envelope: dict[str, Any]) -> float:
        """Seconds until it was acknowledged."""
        began = time.perf_counter()
        return await asyncio.wait_for(await self.send(envelope), PATIENCE) - began

    async def send(self, envelope: dict[str, Any]) -> "asyncio.Future[float]":
        """What becomes the moment of the acknowledgement."""
        name = f"{next(IDS)}"
        answered = asyncio.get_running_loop().create_future()
        self._waiting[name] = answered
        await self._socket.send_str(json.dumps({"envelope_id": name, **envelope}))
        return answered

    def acknowledged(self, text: str) -> None:
        name = str(json.loads(text).get("envelope_id"))
        found = self._waiting.pop(name, None)
        if found is None:
            self.unknown += 1
        elif not found.done():
            found.set_result(time.perf_counter())


class Slack:
    """Web API and links on loopback. A client is identified by its app token, or by the name in the URL."""

    def __init__(self) -> None:
        self.web_api = WebApi(self.link_url)
        self._links: dict[str, asyncio.Future[Link]] = {}

    async def __aenter__(self) -> Self:
        self.api_url = await self.web_api.start()
        app = web.Application()
        app.router.add_get("/link/{name}", self._connected)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self.web_api.stop()

    def link_url(self, name: str) -> str:
        return f"ws://127.0.0.1:{self._runner.addresses[0][1]}/link/{name}"

    async def link(self, name: str) -> Link:
        """The link of that name, once it stands."""
        return await asyncio.wait_for(asyncio.shield(self._expected(name)), CONNECT)

    def forget(self, name: str) -> None:
        """The next link of that name is another process's."""
        self._links.pop(name, None)

    async def messages_posted(self, count: int, within: float = 120) -> None:
        """Wait until that many messages have been posted since the start."""
        end = time.perf_counter() + within
        while len(self.web_api.messages) < count:
            if time.perf_counter() > end:
                raise TimeoutError(f"{len(self.web_api.messages)} of {count} messages were posted in {within:.0f} s")
            await asyncio.sleep(0.002)

    def _expected(self, name: str) -> "asyncio.Future[Link]":
        return self._links.setdefault(name, asyncio.get_running_loop().create_future())

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        link = Link(socket)
        await socket.send_str('{"type":"hello","num_connections":1,"connection_info":{"app_id":"A0BENCH000"}}')
        expected = self._expected(request.match_info["name"])
        if not expected.done():
            expected.set_result(link)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                link.acknowledged(message.data)
        return socket


async def rate(link: Link, envelope: Callable[[], dict[str, Any]], count: int, at_once: int) -> float:
    """Acknowledgements a second with `at_once` envelopes always on their way."""
    todo = iter(range(count))

    async def worker(mine: Iterable[int]) -> None:
        for _ in mine:
            await link.ask(envelope())

    began = time.perf_counter()
    await asyncio.gather(*(worker(todo) for _ in range(at_once)))
    return count / (time.perf_counter() - began)
