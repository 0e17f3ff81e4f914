"""Trigger ids and response URLs: short-lived permissions that come with an interaction."""

import itertools
import secrets
import time
from dataclasses import dataclass, field

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 30 * 60
RESPONSE_USES = 5
KEPT = 5_000


@dataclass
class Trigger:
    user: str
    made: float
    channel: str | None = None
    used: bool = False


@dataclass
class Triggers:
    """Lifetimes are real seconds: they bound how long a program may take, not what a calendar says."""

    made: dict[str, Trigger] = field(default_factory=dict)
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1_000))

    def new(self, user: str, channel: str | None = None) -> str:
        trigger_id = f"{next(self.counter)}.{int(time.time())}.{secrets.token_hex(16)}"
        self.made[trigger_id] = Trigger(user, time.monotonic(), channel)
        if len(self.made) > KEPT:
            del self.made[next(iter(self.made))]
        return trigger_id

    def problem(self, trigger_id: str) -> str | None:
        found = self.made.get(trigger_id)
        if not found:
            return "invalid_trigger_id"
        if found.used:
            return "exchanged_trigger_id"
        return "expired_trigger_id" if time.monotonic() - found.made > TRIGGER_SECONDS else None

    def exchange(self, trigger_id: str) -> Trigger:
        """Uses the trigger up and answers whose it was and where it came from."""
        found = self.made[trigger_id]
        found.used = True
        return found


@dataclass
class Hook:
    channel: str
    user: str
    until: float
    ts: str | None = None
    uses: int = 0


@dataclass
class Hooks:
    """The targets behind response URLs; their half hour is measured on the sandbox clock."""

    base: str = ""
    made: dict[str, Hook] = field(default_factory=dict)

    def url(self, kind: str, team: str, hook: Hook) -> str:
        key = secrets.token_hex(12)
        self.made[key] = hook
        if len(self.made) > KEPT:
            del self.made[next(iter(self.made))]
        return f"{self.base}/{kind}/{team}/{len(self.made)}/{key}"

    def problem(self, key: str, now: float) -> str | None:
        found = self.made.get(key)
        if not found:
            return "invalid_url"
        if found.uses >= RESPONSE_USES:
            return "used_url"
        return "expired_url" if now > found.until else None

    def use(self, key: str) -> Hook:
        found = self.made[key]
        found.uses += 1
        return found
