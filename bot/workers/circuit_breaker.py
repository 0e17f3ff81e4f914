"""A circuit breaker: during a Slack outage, one message at a time tests whether Slack is back."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

log = structlog.get_logger()
MAX_FAILURES = 5  # calls in a row without a usable answer
MAX_PAUSE = timedelta(seconds=15)  # between two attempts


class CircuitBreaker:
    """Limit attempts during an outage: each may have posted its message, which must then be searched for in Slack."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lost, self._last = 0, now()

    def note(self, outcome: str, *, is_outage: bool) -> bool:
        """Record the outcome of a call; return True when Slack is back."""
        if not is_outage:
            back, self._lost = self.is_open, 0
            if back:
                log.info("slack_available")
            return back
        self._lost, self._last = self._lost + 1, self._now()
        if self._lost == MAX_FAILURES:
            log.warning("slack_unavailable", reason=outcome)
        return False

    @property
    def is_open(self) -> bool:
        return self._lost >= MAX_FAILURES

    @property
    def again(self) -> timedelta:
        """Return how long to wait until the next attempt; zero if the clock was set back."""
        pause = (
            min(timedelta(seconds=2.0 ** min(self._lost - MAX_FAILURES, 10)), MAX_PAUSE)
            if self.is_open
            else timedelta(0)
        )
        passed = self._now() - self._last
        return pause - passed if timedelta(0) <= passed < pause else timedelta(0)
