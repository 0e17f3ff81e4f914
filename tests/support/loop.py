"""An event loop beside the test, so that tests are plain functions."""

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web_app

T = TypeVar("T")
TURNS = 10  # from a connection that is accepted to its transport, with some to spare


class Remembering(asyncio.SelectorEventLoop):
    """Knows every connection it made; asyncio's own list is by file number, and loses one when a number returns."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: weakref.WeakSet[asyncio.WriteTransport] = weakref.WeakSet()

    def _make_socket_transport(self, *given: Any, **more: Any) -> asyncio.WriteTransport:
        made: asyncio.WriteTransport = super()._make_socket_transport(*given, **more)  # type: ignore[misc]
        self.connections.add(made)
        return made


class Loop:
    """An event loop in a thread; at its end it leaves no task and no connection behind."""

    def __init__(self) -> None:
        self._loop = Remembering()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], within: float = 30) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within)

    def stop_listening(self, server: asyncio.Server) -> None:
        """Close a server from here: its loop may be closing a connection of it just now."""

        async def close() -> None:
            server.close()

        self.run(close())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        # aiohttp remembers the handlers of the last thousand servers, and each of ours holds all of its workspace.
        web_app._cached_build_middleware.cache_clear()

    def _serve(self) -> None:
        self._loop.run_forever()
        while (left := asyncio.all_tasks(self._loop)) or self._open():
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait_for(_ended(left), 5))
            self._loop.run_until_complete(self._hang_up())
        self._loop.close()

    async def _hang_up(self) -> None:
        """Connections that were closed just now are let go of at the loop's next turns; what stays open is cut.

        One that was accepted while the server closed needs some turns before it is seen, and nothing else closes it.
        """
        for _ in range(TURNS):  # however busy the machine is, these are turns and not time
            await asyncio.sleep(0)
        for _ in range(50):
            if not self._open():
                return
            await asyncio.sleep(0.01)
        while left := self._open():
            for transport in left:
                transport.abort()
            await asyncio.sleep(0)

    def _open(self) -> list[asyncio.WriteTransport]:
        """The connections that are open, read from or not."""
        return [one for one in self._loop.connections if one._sock is not None]  # type: ignore[attr-defined]


async def _ended(tasks: set["asyncio.Task[Any]"]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
