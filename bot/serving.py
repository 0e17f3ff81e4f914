"""Let an application run until a signal stops it; without the imports of one, so that a test of stops starts fast."""

import asyncio
import signal
import sys
from typing import Protocol

from bot import logs
from bot.stopping import leave, leave_in_time

# How long one thread may hold the interpreter while others wait for it. Python's 5 ms are for programs that calculate;
# here the event loop asks for it again after each wait, several times in a request (docs/performance.md).
TURN_SECONDS = 0.0005
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Served(Protocol):
    """What can be started and stopped."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


async def serve(application: Served) -> None:
    """Start the application, wait for SIGINT or SIGTERM, stop it, and end the process within ten seconds."""
    sys.setswitchinterval(TURN_SECONDS)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.set_exception_handler(logs.note_task)

    def hear(_number: int, _frame: object) -> None:
        leave_in_time()
        loop.call_soon_threadsafe(stop.set)

    # A handler of the loop would not be called while something holds the loop up, such as a log that no one reads.
    for sign in SIGNALS:
        signal.signal(sign, hear)
    starting, stopped = asyncio.create_task(application.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():  # told to stop while waiting for Slack or the database
        starting.cancel()
        await asyncio.wait({starting})
        leave()
    if starting.exception():
        # Python now waits for threads that may still ask a server, and no one waits for `stop`.
        for sign in SIGNALS:
            signal.signal(sign, signal.SIG_DFL)
    await starting
    await stopped
    await application.stop()
    leave()
