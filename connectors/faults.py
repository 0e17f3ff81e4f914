"""What goes wrong at a fake tracker, and how it answers then."""

import asyncio
import math
import time
from dataclasses import dataclass

from aiohttp import web


@dataclass
class TrackerLimit:
    """How many requests a tracker takes in so many seconds; all others it answers with 429 until these are over."""

    count: int
    seconds: int
    refused: int = 0
    _began: float = 0.0
    _taken: int = 0

    def refuse(self) -> web.Response | None:
        """Count a request, and return the answer of one that is too many."""
        now = time.monotonic()
        if now - self._began >= self.seconds:
            self._began, self._taken = now, 0
        self._taken += 1
        if self._taken <= self.count:
            return None
        self.refused += 1
        wait = math.ceil(self._began + self.seconds - now)
        return web.Response(status=429, headers={"Retry-After": str(wait)}, text="{}")


@dataclass
class TrackerFault:
    """What goes wrong with the next requests: `times` of them, or all while it is below 0.

    `status` and `body` are answered instead; `lost` carries the request out and then drops the connection; `slow` are
    seconds.
    """

    status: int = 0
    body: str = "{}"
    lost: bool = False
    slow: float = 0.0
    times: int = -1
    retry_after: str = ""
    only: str = ""  # requests whose method and path contain this

    def hits(self, name: str) -> bool:
        """Whether a request goes wrong; `name` is its method and path."""
        return bool(self.times) and self.only in name

    async def strike(self) -> web.Response | None:
        """Count a request that goes wrong, and return what it is answered instead, if anything."""
        self.times -= 1
        await asyncio.sleep(self.slow)
        if not self.status:
            return None
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return web.Response(status=self.status, headers=headers, text=self.body)
