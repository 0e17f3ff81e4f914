"""A circuit breaker: while Slack is away one letter at a time asks whether it is back, not each of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

log = structlog.get_logger()
MAX_FAILURES = 5  # calls in a row without a usable answer
MAX_PAUSE = timedelta(seconds=15)  # between two attempts


class CircuitBreaker:
    """Every letter that is tried in vain may have arrived, and has to be looked for later: so few are tried."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lost, self._last = 0, now()

    def heard(self, outcome: str, *, is_outage: bool) -> bool:
        """What became of a call; True when Slack is back."""
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
        """How long until the next attempt; a clock that was put back makes it at once."""
        pause = (
            min(timedelta(seconds=2.0 ** min(self._lost - MAX_FAILURES, 10)), MAX_PAUSE)
            if self.is_open
            else timedelta(0)
        )
        passed = self._now() - self._last
        return pause - passed if timedelta(0) <= passed < pause else timedelta(0)
