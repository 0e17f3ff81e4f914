"""Slack's rate limits: one token bucket per method, or per method and channel for posting."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
SPECIAL_PER_MINUTE = 600
POST_PER_SECOND = 1.0
POST_BURST = 10


@dataclass
class Bucket:
    burst: float
    per_second: float
    level: float
    at: float

    def take(self, now: float) -> float:
        """0 when there was something to take, otherwise the seconds until there is."""
        passed = max(0.0, now - self.at)
        self.level = min(self.burst, self.level + passed * self.per_second)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) / self.per_second


@dataclass
class Limits:
    now: Callable[[], float]
    enabled: bool = True
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def wait_for(self, method: str, tier: int | None, channel: str | None) -> int:
        """Whole seconds to wait before this call is allowed, 0 when it is allowed now."""
        if not self.enabled:
            return 0
        bucket = self._bucket(method, tier, channel)
        return math.ceil(bucket.take(self.now()))

    def _bucket(self, method: str, tier: int | None, channel: str | None) -> Bucket:
        if channel:
            return self._keep(f"{method} {channel}", POST_BURST, POST_PER_SECOND)
        per_minute = PER_MINUTE[tier] if tier else SPECIAL_PER_MINUTE
        return self._keep(method, per_minute, per_minute / 60)

    def _keep(self, key: str, burst: float, per_second: float) -> Bucket:
        if key not in self.buckets:
            self.buckets[key] = Bucket(burst, per_second, burst, self.now())
        return self.buckets[key]
