"""The dispatcher: sends queued messages to Slack and records where each was posted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from bot.workers.channel_changer import Undelivered
from bot.workers.circuit_breaker import CircuitBreaker
from bot.workers.message_sender import MessageSender
from bot.workers.outcome import OnDead, undelivered
from domain.address import is_outside
from domain.delivery.message import Failure, FailureKind, MessageKind, MessagePriority, OutboxMessage
from storage.delivery.queue import ClaimedMessages, SentMessage
from storage.store import Store, StoreFailure
from storage.transaction import Transaction

log = structlog.get_logger()
T = TypeVar("T")
Result = SentMessage | Callable[[Transaction], None]  # of a call
MAX_IN_FLIGHT = 50  # messages being sent at the same time
URGENT_RESERVE = 10  # additional slots for pages and acknowledgements
OLDEST_FIRST_EVERY = 8  # rounds; then the oldest go first, so that no message starves
YIELD_SECONDS = 0.05  # seconds to yield to other writers
STOP_TIMEOUT = 2.0  # seconds a stop waits for calls in progress
MAX_PAUSE_SECONDS = 5.0  # seconds; a safety net, since every commit wakes it
MIN_PAUSE_SECONDS = 0.005  # seconds


async def _no_people(_is_urgent: Callable[[], bool]) -> None:
    """Wait for no one."""


class Dispatcher:
    """One loop that claims and sends. `on_dead` is called in the transaction that marks a message dead.

    `outcome` is called with the outcome of each call.

    `speed` is how many seconds of `now` pass in a real second: the sandbox's clock may run fast.

    `people` waits for those who wait for an answer, unless it is urgent.
    """

    def __init__(
        self, store: Store, sender: MessageSender, *, now: Callable[[], datetime], pool: Executor, on_dead: OnDead,
        outcome: Callable[[OutboxMessage, str], None] = lambda _message, _outcome: None,
        speed: Callable[[], float] = lambda: 1.0, people: Callable[[Callable[[], bool]], Awaitable[None]] = _no_people,
    ) -> None:  # fmt: skip
        self._store, self._sender, self._now, self._pool, self._speed = store, sender, now, pool, speed
        self._on_dead, self._outcome, self._people = on_dead, outcome, people
        self._woken = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._results: list[Result] = []
        self._stopping = False
        self._done = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._breaker = CircuitBreaker(now)
        self._rounds = 0
        self._crowded = False  # whether messages are waiting to be sent
        self._is_urgent = False  # whether a page was written since messages were claimed

    def wake(self, is_urgent: bool = False) -> None:
        """Check now, because messages or the clock have changed, and at once for a page. Safe from any thread."""
        self._is_urgent = self._is_urgent or is_urgent
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Run until stop(); keep trying while the database is unavailable."""
        self._loop = asyncio.get_running_loop()
        while not self._stopping or self._sending or self._results:
            self._woken.clear()
            try:
                pause = await self._round()
            except Exception as error:  # noqa: BLE001 - the loop must survive any error
                if not isinstance(error, StoreFailure):  # which the store logs once
                    log.warning("dispatcher_failed", error=type(error).__name__)
                pause = 1.0
            if pause:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), pause)
        self._done.set()

    async def stop(self) -> None:
        """Claim nothing new, finish calls in progress and record their results."""
        self._stopping = True
        self._woken.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), STOP_TIMEOUT)
        # The heartbeat releases what is unfinished now; it is searched for in Slack before it is sent again.
        for task in self._sending:
            task.cancel()

    async def wait_for_token(self, key: str) -> None:
        """Wait for a token of a rate limit."""
        while True:
            free = await self.transact(lambda tx: tx.rate_limits.take_token(key, self._now()))
            if free is None:
                return
            await asyncio.sleep(self._real(free - self._now()))

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run work in a transaction on the pool; on SQLite, yield to requests of people."""

        def run() -> T:
            with self._store.begin(patience=YIELD_SECONDS) as tx:
                result = work(tx)
                tx.queue.settle(self._now())
                return result

        await self._people(lambda: self._is_urgent)
        return await asyncio.get_running_loop().run_in_executor(self._pool, run)

    async def _round(self) -> float:
        """Record what came of calls, claim messages and send them; return the seconds to pause.

        All of it is one transaction. A wake or a result ends the pause early.
        """
        results, self._results = self._results, []
        may_claim = not self._stopping and not (self._breaker.is_open and (self._sending or self._breaker.again))
        if not may_claim and not results:
            return self._pause(await self._read(lambda tx: tx.queue.next_due()))
        try:
            taken, due = await self.transact(lambda tx: self._exchange(tx, results, may_claim=may_claim))
        except Exception as error:
            if not results:
                raise
            await self._keep(results, error)
            return 0.0
        self._send(taken.messages)
        return 0.0 if taken.more else self._pause(due)

    def _exchange(
        self, tx: Transaction, results: Sequence[Result], *, may_claim: bool
    ) -> tuple[ClaimedMessages, datetime | None]:
        """Record results and claim messages; return them, and when the next one is due unless more are due now."""
        self._is_urgent = False  # what was committed until now is seen
        _apply(results, tx)
        taken = self._next(tx, MAX_IN_FLIGHT - len(self._sending)) if may_claim else ClaimedMessages([], more=False)
        tx.queue.settle(self._now())
        return taken, None if taken.more else tx.queue.next_due()

    def _send(self, messages: Sequence[OutboxMessage]) -> None:
        self._rounds += bool(messages)
        for message in messages:
            task = asyncio.create_task(self._deliver(message))
            self._sending.add(task)
            task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._sending.discard(task)
        if self._stopping:
            self._woken.set()

    async def _keep(self, results: list[Result], error: Exception) -> None:
        """Keep results for later while the database is away; else record each alone, as one may be bad."""
        if isinstance(error, StoreFailure):
            log.debug("results_delayed", error=type(error).__name__, count=len(results))
            self._results = results + self._results
            await asyncio.sleep(1)
            return
        log.warning("result_batch_failed", error=type(error).__name__, count=len(results))
        for result in results:
            await self._settle_alone(result)

    def _next(self, tx: Transaction, free: int) -> ClaimedMessages:
        """Claim up to `free` messages; in a backlog, urgent ones first, in a query that stays fast."""
        now = self._now()
        if self._breaker.is_open:
            return tx.queue.claim(now, 1)
        if self._crowded or free <= 0:
            urgent = tx.queue.claim(now, max(free, 0) + URGENT_RESERVE, least=MessagePriority.ACKNOWLEDGEMENT)
            if urgent.messages or urgent.more or free <= 0:
                return urgent
        return tx.queue.claim(now, free, by_age=self._rounds % OLDEST_FIRST_EVERY == OLDEST_FIRST_EVERY - 1)

    def _pause(self, due: datetime | None) -> float:
        """Return seconds until the next message is due."""
        self._crowded = due is not None
        if due is None or len(self._sending) >= MAX_IN_FLIGHT or (self._breaker.is_open and self._sending):
            return MAX_PAUSE_SECONDS
        return min(self._real(max(due - self._now(), self._breaker.again)), MAX_PAUSE_SECONDS)

    def _real(self, span: timedelta) -> float:
        return max(MIN_PAUSE_SECONDS, span.total_seconds() / self._speed())

    async def _deliver(self, message: OutboxMessage) -> None:
        with structlog.contextvars.bound_contextvars(
            message_id=message.id, lane=message.lane.name, ticket=message.lane.ticket_id
        ):
            try:
                channel, ts = await self._sender.deliver(message)
            except Undelivered as failed:
                self._failed(message, failed.failure)
            except Exception as error:  # noqa: BLE001 - after any error the message may have been posted
                log.error("delivery_failed", error=type(error).__name__)  # noqa: TRY400 - it may quote the message
                self._failed(message, Failure("unreadable_answer", kind=FailureKind.UNREADABLE, maybe_sent=True))
            else:
                log.info("message_sent", verb=message.verb.value, attempts=message.attempts)
                self._note_outcome(message, "ok")
                self._record(SentMessage(message, channel, ts, self._now()))

    def _failed(self, message: OutboxMessage, failure: Failure) -> None:
        self._note_outcome(message, failure.reason, is_outage=failure.kind.is_outage)
        self._record(lambda tx: undelivered(tx, message, failure, self._now(), self._on_dead))

    def _note_outcome(self, message: OutboxMessage, outcome: str, *, is_outage: bool = False) -> None:
        # Webhooks, mails and Teams tell nothing about Slack.
        elsewhere = message.verb is MessageKind.HOOK or is_outside(message.lane.channel)
        if not elsewhere and self._breaker.note(
            outcome, is_outage=is_outage
        ):  # Slack is back: end the growing pauses between attempts
            self._record(lambda tx: tx.queue.retry_now(self._now()))
        self._outcome(message, outcome)

    def _record(self, result: Result) -> None:
        """Queue a result; results that arrive together are committed together."""
        self._results.append(result)
        self._woken.set()

    async def _settle_alone(self, result: Result) -> None:
        try:
            await self.transact(partial(_apply, [result]))
        except Exception as error:  # noqa: BLE001 - its message stays "sending" and is recovered later
            log.error("result_not_saved", error=type(error).__name__)  # noqa: TRY400

    async def _read(self, work: Callable[[Transaction], T]) -> T:
        def run() -> T:
            with self._store.read() as tx:
                return work(tx)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)


def _apply(results: Sequence[Result], tx: Transaction) -> None:
    """Record deliveries together, and then what else came of calls."""
    tx.queue.mark_sent(*(result for result in results if isinstance(result, SentMessage)))
    for result in results:
        if not isinstance(result, SentMessage):
            result(tx)
