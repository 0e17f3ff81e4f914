"""Threads in which workers use the database, so that none of it is read or written in the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.context import AppContext
from bot.transport.inbound import Inbound
from storage.transaction import Transaction

THREADS = 4


class DatabaseThreads:
    """Runs what workers do with the database, after the requests of people. `inbound` is set once there are any."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="post")
        self.inbound: Inbound | None = None

    async def yield_to_people(self, is_urgent: Callable[[], bool] = lambda: False) -> None:
        """Wait while people are being answered."""
        if self.inbound:
            await self.inbound.yield_to_people(is_urgent)

    async def read(self, work: Callable[[], Any]) -> Any:
        """Run a read. `close` waits for it, so that no connection outlives the store."""
        await self.yield_to_people()
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    async def serve(self, work: Callable[[Transaction], Any]) -> Any:
        """Run a service in a transaction, which wakes the dispatcher and the clock."""

        def run() -> Any:
            with self._context.transaction() as tx:
                return work(tx)

        return await self.read(run)

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)
