"""Stop within ten seconds: the steps of a stop share them, and what is not done by then is left as after a kill."""

import _thread
import asyncio
import os
import sys
import time
from collections.abc import Awaitable

import structlog

log = structlog.get_logger()
STOP_SECONDS = 9.0  # seconds in which everything is finished and closed
END_SECONDS = 9.5  # seconds after which the process ends, whatever still waits


class StopBudget:
    """The seconds that are left for the steps of a stop."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    async def finish(self, step: str, work: Awaitable[object], seconds: float) -> None:
        """Wait for a step at most so many seconds, and no longer than the whole stop may take.

        An error ends the step: the others have to be tried too, and a killed process loses nothing.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(min(seconds, self._until - began), 0.0)):
                await work
        except Exception as error:  # noqa: BLE001 - also TimeoutError: the next step has its turn
            log.warning("stop_step_unfinished", step=step, error=type(error).__name__)


def leave() -> None:
    """End the process at once: Python would wait for threads that still ask Slack, a server or the database."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def leave_in_time() -> None:
    """End the process after END_SECONDS, even if the event loop is held up.

    A signal handler calls this, so the thread is started without the locks of `threading`, which may be held just then.
    """
    _thread.start_new_thread(_leave_later, ())


def _leave_later() -> None:
    time.sleep(END_SECONDS)
    os._exit(0)  # without a flush, which may be what the process waits for; each line of the log has had its own
