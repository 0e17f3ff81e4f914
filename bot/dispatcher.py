"""The dispatcher: the only one who speaks in Slack. It sends letters and writes back where they landed."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from domain import letter as rules
from domain.letter import Failure, Lane, Letter, Verb
from domain.text import LINK_CLOSE, LINK_OPEN
from storage.store import Store, StoreFailure, Tx

log = structlog.get_logger()
T = TypeVar("T")
BATCH = 50  # letters on the wire at the same time
LOOK_AGAIN = 5.0  # seconds; a safety net, since every commit nudges
SLOP = timedelta(minutes=2)  # how far Slack's clock may be from ours when looking for a message


class Slack(Protocol):
    """The calls a dispatcher makes: Slack's answer as a dict with `ok`, or Unanswered."""

    async def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]: ...


class Unanswered(Exception):  # noqa: N818 - the answer was lost, which is what it says
    """No usable answer came. `maybe_done` when the request may have been carried out."""

    def __init__(self, reason: str, *, maybe_done: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.maybe_done = maybe_done


class Dispatcher:
    """One loop. `on_dead` is told, inside the transaction, of each lane that can no longer be reached."""

    def __init__(
        self, store: Store, slack: Slack, *, now: Callable[[], datetime], pool: Executor, workspace: str,
        on_dead: Callable[[Tx, Letter, str], None],
    ) -> None:  # fmt: skip
        self._store, self._slack, self._now, self._pool = store, slack, now, pool
        self._workspace, self._on_dead = workspace, on_dead
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._results: list[Callable[[Tx], None]] = []
        self._settling: asyncio.Task[None] | None = None
        self._stopping = False
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
            except StoreFailure as error:
                log.warning("dispatcher waits for the database", error=type(error).__name__)
                pause = 1.0
            if pause:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)

    async def stop(self) -> None:
        """Finish what is on the wire, take nothing new."""
        self._stopping = True
        self._wake.set()
        if self._sending:
            await asyncio.wait(self._sending, timeout=8)
        if self._settling:
            await asyncio.wait([self._settling], timeout=2)

    async def _recover(self) -> None:
        while not self._stopping:
            try:
                found = await self._transact(lambda tx: tx.post.recover())
            except StoreFailure:
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
        with structlog.contextvars.bound_contextvars(letter=letter.id, lane=letter.lane.name):
            try:
                channel, ts = await self._send(letter)
            except _Failed as failed:
                self._record(partial(self._fail, letter=letter, failure=failed.failure))
            else:
                log.info("letter sent", verb=letter.verb.value, attempts=letter.attempts)
                self._record(lambda tx: tx.post.sent(letter, channel, ts, self._now()))

    async def _send(self, letter: Letter) -> tuple[str, str | None]:
        """Where it landed. A letter that may have arrived before is looked for first."""
        if letter.uncertain and letter.verb is Verb.POST:
            found = await self._find(letter)
            if found:
                return found
        match letter.verb:
            case Verb.PUBLISH:
                await self._call("views.publish", {"user_id": letter.lane.channel, "view": letter.payload})
                return letter.lane.channel, None
            case Verb.UPDATE if letter.target_ts is None:
                raise _Failed(Failure("target_never_arrived"))
            case Verb.UPDATE:
                body = {**self._words(letter), "channel": letter.lane.channel, "ts": letter.target_ts}
                await self._call("chat.update", {k: v for k, v in body.items() if not k.startswith("unfurl")})
                return letter.lane.channel, letter.target_ts
            case Verb.POST:
                answer = await self._call("chat.postMessage", self._message(letter))
                return str(answer["channel"]), str(answer["ts"])

    def _message(self, letter: Letter) -> dict[str, Any]:
        body = {**self._words(letter), "channel": letter.lane.channel}
        body["metadata"] = {"event_type": "hypercare_letter", "event_payload": {"letter": letter.id}}
        if letter.in_thread and letter.lane.thread_ts:
            body["thread_ts"] = letter.lane.thread_ts
            if letter.payload.get("broadcast") and letter.lane.channel.startswith("D"):
                body["reply_broadcast"] = True
        return body

    def _words(self, letter: Letter) -> dict[str, Any]:
        """The payload, with the link to another lane's message filled in, or as plain text when there is none."""
        body = {k: v for k, v in letter.payload.items() if k != "broadcast"}
        raw = json.dumps(body, ensure_ascii=False)
        while LINK_OPEN in raw:
            head, _, rest = raw.partition(LINK_OPEN)
            inside, _, tail = rest.partition(LINK_CLOSE)
            label = inside.partition("|")[2]
            raw = head + (self._link(letter.awaits, label) if letter.awaits else label) + tail
        found: dict[str, Any] = json.loads(raw)
        return found

    def _link(self, lane: Lane, label: str) -> str:
        if not lane.thread_ts:
            return label
        return f"<{self._workspace}archives/{lane.channel}/p{lane.thread_ts.replace('.', '')}|{label}>"

    async def _find(self, letter: Letter) -> tuple[str, str] | None:
        """The message that carries this letter's id, if it arrived after all."""
        channel = letter.lane.channel
        if channel[:1] in ("U", "W"):
            opened = await self._call("conversations.open", {"users": channel})
            channel = str(opened["channel"]["id"])
        where: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": 200}
        where["oldest"] = f"{(letter.created_at - SLOP).timestamp():.6f}"
        method = "conversations.history"
        if letter.in_thread and letter.lane.thread_ts:
            method, where["ts"] = "conversations.replies", letter.lane.thread_ts
        while True:
            page = await self._call(method, where)
            for message in page.get("messages", []):
                metadata = message.get("metadata") or {}
                if metadata.get("event_type") != "hypercare_letter":
                    continue
                if (metadata.get("event_payload") or {}).get("letter") == letter.id:
                    log.info("letter had arrived")
                    return channel, str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            where["cursor"] = cursor

    async def _call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._slack.call(method, arguments)
        except Unanswered as error:
            raise _Failed(Failure(error.reason, maybe_sent=error.maybe_done)) from None
        if not answer.get("ok"):
            raise _Failed(Failure(str(answer.get("error")), retry_after=answer.get("retry_after")))
        return answer

    def _fail(self, tx: Tx, letter: Letter, failure: Failure) -> None:
        """Try again later, in another place, in another way; or bury it and say so."""
        now, reason = self._now(), failure.reason
        again = rules.next_try(letter, failure, now)
        if again is not None:
            log.warning("letter waits", reason=reason, attempts=letter.attempts, retry_after=failure.retry_after)
            tx.post.retry(letter, again, reason, uncertain=failure.maybe_sent)
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
                await self._transact(lambda tx, batch=batch: [result(tx) for result in batch])  # type: ignore[misc]
            except StoreFailure as error:
                log.warning("results wait for the database", error=type(error).__name__, count=len(batch))
                self._results = batch + self._results
                await asyncio.sleep(1)
            self._wake.set()

    async def _transact(self, work: Callable[[Tx], T]) -> T:
        def run() -> T:
            with self._store.begin() as tx:
                return work(tx)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)

    async def _read(self, work: Callable[[Tx], T]) -> T:
        def run() -> T:
            with self._store.read() as tx:
                return work(tx)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)


class _Failed(Exception):  # noqa: N818 - internal
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure
