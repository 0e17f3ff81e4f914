"""Whatever waits for something looks again when something has changed, and not all the time."""

import threading
import time
from typing import Any

from sqlalchemy import Connection, Engine, event

BURST = 0.002  # seconds; one thing that happens is several changes
SELDOM = 0.1  # seconds, after which one looks again anyway: at what another process did, or at the time itself


class Changes:
    """Counts them; safe from any thread."""

    def __init__(self) -> None:
        self._changed, self._count = threading.Condition(), 0

    @property
    def count(self) -> int:
        return self._count

    def note(self, *_of_what: Any) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, seen: int) -> None:
        """Until there were more than `seen`, or for a while."""
        with self._changed:
            self._changed.wait_for(lambda: self._count > seen, SELDOM)
        time.sleep(BURST)


CHANGES = Changes()


def notice(engine: Engine) -> None:
    """What is written by that engine is a change, once its connection is back and others can see it."""

    def committed(connection: Connection) -> None:
        if not connection.get_execution_options().get("reading"):
            connection.info["wrote"] = True

    def returned(_dbapi: Any, record: Any) -> None:
        if record.info.pop("wrote", False):
            CHANGES.note()

    event.listen(engine, "commit", committed)
    event.listen(engine, "checkin", returned)
