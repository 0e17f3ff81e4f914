"""Deliver events, commands and interactions to one app in order, log them, and retry events."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sandbox.clock import Clock
from sandbox.delivery.delivery import Answer, Delivery, Transport
from sandbox.stream import Log

# Slack waits 0, 60 and 300 seconds, which is too long to sit in front of a sandbox. Then it gives an event up.
RETRY_WAITS = (0.0, 5.0, 30.0)
GIVES_UP_AFTER = timedelta(minutes=6)  # of the workspace's time
RECONNECT_WAIT = 5.0
SEND_SECONDS = 1.0


@dataclass
class DeliveryQueue:
    transport: Transport
    log: Log
    clock: Clock
    app: str = ""  # its name
    _events: asyncio.Queue[Delivery] = field(default_factory=asyncio.Queue)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        await self.transport.start()
        self._spawn(self._work())

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.transport.stop()

    async def deliver(self, delivery: Delivery) -> Answer:
        began = time.monotonic()
        answer = await self.transport.send(delivery)
        self._note(delivery, answer, began)
        return answer

    def event(self, name: str, payload: dict[str, Any], lost: Callable[[], None] = lambda: None) -> None:
        """Queue an event. It is delivered in order and retried up to three times; `lost` is called if that fails."""
        happened = self.clock.now()
        late = lambda: self.clock.now() - happened > GIVES_UP_AFTER  # noqa: E731 - each event has its own moment
        self._events.put_nowait(Delivery("event", name, payload, is_given_up=late, lost=lost))

    async def flush(self) -> None:
        """Return once every event queued so far was sent."""
        await self._events.join()

    async def _work(self) -> None:
        while True:
            delivery = await self._events.get()
            self._spawn(self._deliver_event(delivery))
            try:
                await asyncio.wait_for(delivery.sent.wait(), SEND_SECONDS)
            except TimeoutError:
                pass
            finally:
                self._events.task_done()

    async def _deliver_event(self, delivery: Delivery) -> None:
        answer = await self.deliver(delivery)
        for attempt, wait in enumerate(RETRY_WAITS, start=1):
            if answer.ok or answer.final:
                return
            if answer.outcome == "not_connected" and not self.transport.connected:
                await self.transport.wait_connected(max(wait, RECONNECT_WAIT))
            else:
                await asyncio.sleep(wait)
            if delivery.is_given_up():
                break
            answer = await self.deliver(replace(delivery, retry=attempt, reason=answer.reason))
        if not answer.ok:
            delivery.lost()

    def _note(self, delivery: Delivery, answer: Answer, began: float) -> None:
        row: dict[str, Any] = {"at": self.clock.now().isoformat(), "kind": delivery.kind, "name": delivery.name,
                               "app": self.app}  # fmt: skip
        row |= {"payload": delivery.payload, "answer": answer.payload, "outcome": answer.outcome}
        self.log.add(row | {"ms": round((time.monotonic() - began) * 1000), "retry": delivery.retry})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
