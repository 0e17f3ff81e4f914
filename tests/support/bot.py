"""A workspace with the bot in it, on a loop of its own, so that tests are plain functions."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from bot.app import House
from bot.commands.sandbox import MANIFEST, phase_of
from bot.config import Settings
from bot.wires.http import PATH
from sandbox.server import Sandbox
from tests.support.control import Control
from tests.support.people import Workspace

T = TypeVar("T")
TURNS = 10  # from a connection that is accepted to its transport, with some to spare


class Loop:
    """An event loop in a thread; at its end it leaves no task and no connection behind."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], within: float = 30) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.wait_for(_ended(left), 5))
        self._loop.run_until_complete(self._hang_up())
        self._loop.close()

    async def _hang_up(self) -> None:
        """Connections that were closed just now are let go of at the loop's next turns; what stays open is cut.

        One that was accepted while the server closed needs some turns before it is seen, and nobody else closes it.
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
        """The connections that are open, read from or not; asyncio has no public list of them."""
        return [one for one in self._loop._transports.values() if one._sock is not None]


async def _ended(tasks: set["asyncio.Task[Any]"]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


class Desk(Workspace):
    """The workspace, and the bot's own parts for tests that look behind the scenes or break something."""

    def __init__(self, loop: Loop, box: Sandbox, settings: Settings) -> None:
        self.loop, self.box, self.settings = loop, box, settings
        self.house: House
        self.start_bot()
        super().__init__(Control(box.url))

    def start_bot(self) -> None:
        self.house = self.loop.run(self._build())

    def stop_bot(self) -> None:
        self.loop.run(self.house.stop())

    def quiet(self) -> None:
        """Wait until everything that was decided has been said."""
        self.settles(self.house)

    async def _build(self) -> House:
        house = House(self.settings, now=self.box.clock.now, speed=lambda: self.box.clock.speed)
        await house.start()
        await self.box.ready()
        self.box.clock.on_move(house.nudge)
        return house


@contextmanager
def running(database_url: str, mode: str = "socket", data: Path | None = None, **more: Any) -> Iterator[Desk]:
    loop = Loop()
    port = free_port()
    box = loop.run(_sandbox(mode, port, data))
    settings = Settings(
        bot_token=box.bot_token, app_token=box.app_token, signing_secret=box.signing_secret, mode=mode, port=port,
        slack_url=box.api_url, phase=phase_of(box), database=database_url, **more,
    )  # fmt: skip
    desk = None
    try:
        desk = Desk(loop, box, settings)
        yield desk
    finally:
        if desk:
            desk.stop_bot()
        loop.run(box.stop())
        loop.close()


async def _sandbox(mode: str, port: int, data: Path | None) -> Sandbox:
    box = Sandbox(manifest=MANIFEST, port=0, mode=mode, request_url=f"http://127.0.0.1:{port}{PATH}", data=data)
    await box.start()
    return box


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
