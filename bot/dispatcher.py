"""The dispatcher: the only one who speaks in Slack. It sends letters and writes back where they landed."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from bot.courier import Courier, Undelivered
from domain import letter as rules
from domain.letter import Failure, Letter, Verb
from storage.store import Store, StoreFailure, Tx

log = structlog.get_logger()
T = TypeVar("T")
BATCH = 50  # letters on the wire at the same time
POLITE = 0.05  # seconds for which people who are waiting for an answer may go first
LAST_MOMENT = 3.0  # seconds a stop waits for what is on the wire
LOOK_AGAIN = 5.0  # seconds; a safety net, since every commit nudges


class Dispatcher:
    """One loop. `on_dead` hears, inside the transaction, of each letter that can never arrive."""

    def __init__(
        self, store: Store, courier: Courier, *, now: Callable[[], datetime], pool: Executor,
        on_dead: Callable[[Tx, Letter, str], None],
    ) -> None:  # fmt: skip
        self._store, self._courier, self._now, self._pool = store, courier, now, pool
        self._on_dead = on_dead
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._results: list[Callable[[Tx], None]] = []
        self._settling: asyncio.Task[None] | None = None
        self._stopping = False
        self._done = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def nudge(self) -> None:
        """New letters were committed, or the clock was moved. Safe from any thread."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Until stop(); a database that is away is waited for."""
        self._loop = asyncio.get_running_loop()
        await self._recover()
        while not self._stopping:
            self._wake.clear()
            try:
                taken = await self._take()
                pause = 0.0 if taken else await self._pause()
            except Exception as error:  # noqa: BLE001 - whoever speaks must not die of one bad answer
                log.warning("dispatcher tries again", error=type(error).__name__)
                pause = 1.0
            if pause:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)
        while self._sending:
            await asyncio.wait(self._sending)
        if self._settling:
            await self._settling
        self._done.set()

    async def stop(self) -> None:
        """Take nothing new, finish what is on the wire, write down where it landed."""
        self._stopping = True
        self._wake.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), LAST_MOMENT)
        # Whatever is unfinished now stays marked as sending, and is looked for at the next start.
        for task in filter(None, (*self._sending, self._settling)):
            task.cancel()

    async def _recover(self) -> None:
        while not self._stopping:
            try:
                found = await self._transact(lambda tx: tx.post.recover())
            except Exception as error:  # noqa: BLE001 - see run()
                log.warning("dispatcher tries again", error=type(error).__name__)
                await asyncio.sleep(1)
            else:
                if found:
                    log.info("letters recovered", count=found)
                return

    async def _take(self) -> int:
        room = BATCH - len(self._sending)
        if room <= 0:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            return 1
        letters = await self._transact(lambda tx: tx.post.take(self._now(), room))
        for letter in letters:
            task = asyncio.create_task(self._deliver(letter))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return len(letters)

    async def _pause(self) -> float:
        """Seconds until the next letter is due; nothing is due while a nudge would tell."""
        due = await self._read(lambda tx: tx.post.next_due())
        if due is None:
            return LOOK_AGAIN
        return max(0.01, min((due - self._now()).total_seconds(), LOOK_AGAIN))

    async def _deliver(self, letter: Letter) -> None:
        with structlog.contextvars.bound_contextvars(
            letter=letter.id, lane=letter.lane.name, ticket=letter.lane.ticket_id
        ):
            try:
                channel, ts = await self._courier.deliver(letter)
            except Undelivered as failed:
                self._record(partial(self._fail, letter=letter, failure=failed.failure))
            else:
                log.info("letter sent", verb=letter.verb.value, attempts=letter.attempts)
                self._record(lambda tx: tx.post.sent(letter, channel, ts, self._now()))

    def _fail(self, tx: Tx, letter: Letter, failure: Failure) -> None:
        """Try again later, in another place, in another way; or bury it and say so."""
        now, reason = self._now(), failure.reason
        again = rules.next_try(letter, failure, now)
        if again is not None:
            log.warning("letter waits", reason=reason, attempts=letter.attempts, retry_after=failure.retry_after)
            counts = failure.retry_after is None
            tx.post.retry(letter, again, reason, uncertain=failure.maybe_sent, counts=counts)
        elif reason in rules.MESSAGE_GONE and letter.verb is Verb.UPDATE:
            tx.post.say_again(letter, now)
        elif letter.lane.person and reason in rules.UNREACHABLE | rules.THREAD_GONE:
            log.warning("lane moves to direct messages", reason=reason)
            tx.post.move(letter.lane, letter.lane.person)
            tx.post.restart(letter, now)
        elif letter.in_thread and reason in rules.THREAD_GONE:
            tx.post.move(letter.lane, letter.lane.channel)
            tx.post.restart(letter, now)
        else:
            log.error("letter is dead", reason=reason)
            if tx.post.bury(letter, reason):
                self._on_dead(tx, letter, reason)

    def _record(self, result: Callable[[Tx], None]) -> None:
        """Results that arrive together are committed together."""
        self._results.append(result)
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle())

    async def _settle(self) -> None:
        while self._results:
            batch, self._results = self._results, []
            try:
                await self._transact(partial(_apply, batch))
            except StoreFailure as error:
                log.warning("results wait for the database", error=type(error).__name__, count=len(batch))
                self._results = batch + self._results
                await asyncio.sleep(1)
            except Exception as error:  # noqa: BLE001 - one odd result must not take the others with it
                log.warning("results are written one by one", error=type(error).__name__, count=len(batch))
                for result in batch:
                    await self._settle_alone(result)
            self._wake.set()

    async def _settle_alone(self, result: Callable[[Tx], None]) -> None:
        try:
            await self._transact(result)
        except Exception as error:  # noqa: BLE001 - its letter stays marked as sending and is looked for at a start
            log.error("result not written", error=type(error).__name__)  # noqa: TRY400

    async def _transact(self, work: Callable[[Tx], T]) -> T:
        def run() -> T:
            with self._store.begin(patience=POLITE) as tx:
                return work(tx)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)

    async def _read(self, work: Callable[[Tx], T]) -> T:
        def run() -> T:
            with self._store.read() as tx:
                return work(tx)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)


def _apply(results: list[Callable[[Tx], None]], tx: Tx) -> None:
    for result in results:
        result(tx)
