"""Whatever waits for something looks again when something has changed, and not all the time."""

import threading
import time
from typing import Any

from sqlalchemy import Connection, Engine, event

CALM = 0.01  # seconds without a change, since one thing that happens is several changes and looking is dear
SELDOM = 0.1  # seconds, after which one looks anyway: at what another process did, or at the time itself


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
        """Until there were more than `seen` and then none for a moment, or for a while."""
        until = time.monotonic() + SELDOM
        with self._changed:
            self._changed.wait_for(lambda: self._count > seen, SELDOM)
        while time.monotonic() < until:
            before = self._count
            time.sleep(CALM)
            if self._count == before:
                return


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
