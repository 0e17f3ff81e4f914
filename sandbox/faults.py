"""Planned faults: which of the next calls fail, and how."""

from dataclasses import asdict, dataclass, field
from typing import Any

FOREVER = -1


@dataclass
class Fault:
    method: str
    channel: str | None = None
    times: int = 1
    status: int | None = None
    error: str | None = None
    delay: float | None = None
    drop_reply: bool = False
    drop_request: bool = False
    retry_after: int | None = None
    body: str | None = None
    refuse: list[str] = field(default_factory=list)  # kinds of blocks that this workspace does not have yet

    def hits(self, method: str, channels: set[str]) -> bool:
        return self.method in ("*", method) and (not self.channel or self.channel in channels)

    def answers(self) -> bool:
        """Whether the call gets this fault's own answer instead of a real one."""
        return any(one is not None for one in (self.status, self.error, self.retry_after, self.body))

    def to_page(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value not in (None, False, [])}


@dataclass
class Faults:
    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str, channels: set[str]) -> Fault | None:
        """The fault for this call, counted down; `channels` holds the channel's id and name."""
        found = next((one for one in self.waiting if one.hits(method, channels) and not one.refuse), None)
        if found and found.times != FOREVER:
            found.times -= 1
            if found.times <= 0:
                self.waiting.remove(found)
        return found

    def refused(self, method: str) -> frozenset[str]:
        """The kinds of blocks refused by this method, as while Slack rolls them out; such a fault is never used up."""
        return frozenset(kind for one in self.waiting if one.hits(method, set()) for kind in one.refuse)

    def to_page(self) -> list[dict[str, Any]]:
        return [one.to_page() for one in self.waiting]
