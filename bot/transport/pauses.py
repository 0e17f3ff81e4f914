"""The pauses that Slack asks for: one place that every call of the Web API goes through."""

import math
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.delivery.retry_after import read_retry_after

DEFAULT_PAUSE = 30  # seconds, when Retry-After is missing or invalid
BY_CHANNEL = "chat."  # methods whose pace Slack limits for each channel


class CallPauses:
    """Remembers Retry-After of each method, of `chat.*` for each channel. Safe from any thread."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def remaining(self, method: str, arguments: Mapping[str, Any]) -> int:
        """Return for how many seconds that call must not be made; 0 when it may."""
        key = _key(method, arguments)
        with self._lock:
            until = self._until.get(key)
            if until is None:
                return 0
            left = math.ceil((until - self._now()).total_seconds())
            if left <= 0:
                del self._until[key]
            return max(left, 0)

    def note(self, method: str, arguments: Mapping[str, Any], retry_after: Any) -> int:
        """Remember an answer with status 429; return the seconds that it asks to wait."""
        seconds = read_retry_after(retry_after, DEFAULT_PAUSE)
        with self._lock:
            self._until[_key(method, arguments)] = self._now() + timedelta(seconds=seconds)
        return seconds


def _key(method: str, arguments: Mapping[str, Any]) -> str:
    return f"{method} {arguments.get('channel')}" if method.startswith(BY_CHANNEL) else method
