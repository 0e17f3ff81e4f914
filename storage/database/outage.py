"""One line in the log when the database can't be used, and one when it can be used again."""

import threading
import time

import structlog

log = structlog.get_logger()


class Outage:
    """The present outage of a database, whichever of its users met it first. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None

    def note_failure(self, error: Exception) -> None:
        """Note that a transaction failed because of the database."""
        with self._lock:
            if self._since is None:
                self._since = time.monotonic()
                log.warning("database_lost", error=type(error).__name__)

    def note_success(self) -> None:
        """Note that a transaction went through."""
        if self._since is None:
            return
        with self._lock:
            if self._since is not None:
                log.info("database_back", seconds=round(time.monotonic() - self._since, 1))
                self._since = None
