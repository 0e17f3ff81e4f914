"""Whether the app is there, and where others wait until it is."""

import asyncio


class Presence:
    """Those who wait are woken in the order they came; one who gives up costs the same however many others wait."""

    def __init__(self) -> None:
        self.here = False
        self._waiting: dict[asyncio.Future[None], None] = {}

    def come(self) -> None:
        self.here = True
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    def go(self) -> None:
        self.here = False

    async def wait(self, seconds: float | None) -> bool:
        """Return False if the app did not connect within these seconds. None waits without a limit."""
        if self.here:
            return True
        future = asyncio.get_running_loop().create_future()
        self._waiting[future] = None
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return False
        finally:
            del self._waiting[future]
        return True
