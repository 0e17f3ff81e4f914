"""One delivery to the app, and the app's answer to it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

ACK_SECONDS = 3.0

Outcome = Literal["acked", "timeout", "error", "not_connected"]


@dataclass
class Delivery:
    """`is_given_up` says whether the app has taken too long to be there for it; `lost` is called when it never came."""

    kind: Literal["command", "interactive", "event"]
    name: str
    payload: dict[str, Any]
    wants_answer: bool = False
    retry: int = 0
    reason: str = ""
    is_given_up: Callable[[], bool] = lambda: False
    lost: Callable[[], None] = lambda: None
    sent: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Answer:
    """`final` means the app asked not to be told again."""

    outcome: Outcome
    payload: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    final: bool = False

    @property
    def ok(self) -> bool:
        return self.outcome == "acked"


class Transport(Protocol):
    @property
    def connected(self) -> bool: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, delivery: Delivery) -> Answer: ...

    async def wait_connected(self, seconds: float | None) -> bool: ...
