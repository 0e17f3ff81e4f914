"""The post office: delivers one letter at a time in order, logs it, and insists on events."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.clock import Clock
from sandbox.delivery.letters import Answer, Letter, Transport
from sandbox.stream import Log

# Slack waits 0, 60 and 300 seconds; nobody wants to sit in front of a sandbox that long.
RETRY_WAITS = (0.0, 5.0, 30.0)
RECONNECT_WAIT = 5.0
SEND_SECONDS = 1.0


@dataclass
class Post:
    transport: Transport
    log: Log
    clock: Clock
    _queue: asyncio.Queue[Letter] = field(default_factory=asyncio.Queue)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        await self.transport.start()
        self._spawn(self._work())

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.transport.stop()

    async def deliver(self, letter: Letter) -> Answer:
        began = time.monotonic()
        answer = await self.transport.send(letter)
        self._note(letter, answer, began)
        return answer

    def event(self, name: str, payload: dict[str, Any]) -> None:
        """Queues an event; it is delivered in order and up to three times more if need be."""
        self._queue.put_nowait(Letter("event", name, payload))

    async def flush(self) -> None:
        """Returns once every event so far is on its way."""
        await self._queue.join()

    async def _work(self) -> None:
        while True:
            letter = await self._queue.get()
            self._spawn(self._insist(letter))
            try:
                await asyncio.wait_for(letter.sent.wait(), SEND_SECONDS)
            except TimeoutError:
                pass
            finally:
                self._queue.task_done()

    async def _insist(self, letter: Letter) -> None:
        answer = await self.deliver(letter)
        for attempt, wait in enumerate(RETRY_WAITS, start=1):
            if answer.ok or answer.final:
                return
            if answer.outcome == "not_connected" and not self.transport.connected:
                await self.transport.wait_connected(max(wait, RECONNECT_WAIT))
            else:
                await asyncio.sleep(wait)
            answer = await self.deliver(replace(letter, retry=attempt, reason=answer.reason))

    def _note(self, letter: Letter, answer: Answer, began: float) -> None:
        row: dict[str, Any] = {"at": self.clock.now().isoformat(), "kind": letter.kind, "name": letter.name}
        row |= {"payload": letter.payload, "answer": answer.payload, "outcome": answer.outcome}
        self.log.add(row | {"ms": round((time.monotonic() - began) * 1000), "retry": letter.retry})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
