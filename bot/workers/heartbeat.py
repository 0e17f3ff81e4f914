"""Heartbeat of this process; recover messages that other processes were sending when they died."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from domain.operations.health import Replica
from storage.store import Store, StoreFailure
from storage.transaction import Transaction

log = structlog.get_logger()
Transact = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
Read = Callable[[Callable[[], Any]], Awaitable[Any]]  # in a thread that a stop waits for
HEARTBEAT_SECONDS = 4.0  # seconds; well within storage.replicas.LEASE
# Seconds after the last heartbeat in which a call may still start: it may take ten, and the lease lasts twenty.
SAFE_SECONDS = 8.0


class Heartbeat:
    """`transact` runs work in a transaction; `recovered` is called when messages were recovered."""

    def __init__(self, store: Store, replica: Replica, transact: Transact, recovered: Callable[[], None]) -> None:
        self._store, self._replica, self._transact, self._recovered = store, replica, transact, recovered
        self._beaten = -SAFE_SECONDS

    @property
    def still_ours(self) -> bool:
        """Whether the lease still holds, so that no other process has taken over our messages; always on SQLite."""
        return self._store.is_sqlite or time.monotonic() - self._beaten < SAFE_SECONDS

    async def join(self) -> None:
        """Register this process before it claims messages; keep trying while the database is unavailable."""
        for pause in itertools.repeat(1.0):
            if await self._try(self._join):
                return
            await asyncio.sleep(pause)

    async def run(self) -> None:
        """Send heartbeats until cancelled; on SQLite there is only one process, so none are needed."""
        if self._store.is_sqlite:
            return
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._try(self._beat)

    def leave(self, tx: Transaction) -> None:
        """Sign off, and release unfinished messages to other processes or the next start."""
        tx.queue.release()
        tx.replicas.leave(self._replica)

    async def _try(self, work: Callable[[Transaction], Any]) -> bool:
        began = time.monotonic()
        try:
            await self._transact(work)
        except Exception as error:  # noqa: BLE001 - the loop must survive any database error
            if not isinstance(error, StoreFailure):  # which the store logs once
                log.warning("heartbeat_failed", error=type(error).__name__)
            return False
        self._beaten = began
        return True

    def _join(self, tx: Transaction) -> None:
        tx.replicas.join(self._replica)
        self._recover(tx)

    def _beat(self, tx: Transaction) -> None:
        tx.replicas.beat(self._replica)
        if gone := tx.replicas.delete_silent():
            log.warning("replicas_lost", count=gone)
        self._recover(tx)

    def _recover(self, tx: Transaction) -> None:
        if found := tx.queue.recover():
            log.info("messages_recovered", count=found)
            self._recovered()
