"""`hypercare run`: run the bot in a Slack workspace until it gets a signal to stop."""

import argparse
import asyncio
import os
import signal
import sys
import threading

import structlog

from bot import logs
from bot.app.application import Application
from bot.cli import CommandError
from bot.commands import common
from bot.database import CannotStart
from bot.settings.errors import InvalidSettings
from bot.stopping import leave, leave_in_time
from bot.transport.socket import InvalidToken
from domain.errors import where

# How long one thread may hold the interpreter while others wait for it. Python's 5 ms are for programs that calculate;
# here the event loop asks for it again after each wait, several times in a request (docs/performance.md).
TURN_SECONDS = 0.0005
log = structlog.get_logger()
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(args: argparse.Namespace) -> int:
    """Run the bot. With the log format "json" the error that ends it is a line of the log too."""
    form = os.environ.get("HYPERCARE_LOG_FORMAT", "").lower()  # what counts until the settings are read
    if form == "json":
        logs.configure("info", form)
    threading.excepthook = logs.note_thread
    try:
        settings = common.settings(args.config)
        form = settings.log_format
        logs.configure(settings.log_level, form)
        asyncio.run(serve(Application(settings)))
    except (CommandError, CannotStart, InvalidToken, InvalidSettings) as error:
        if form != "json":
            raise CommandError(str(error)) from None
        log.error("start_failed", reason=str(error))  # noqa: TRY400 - a traceback is no line
        return 1
    except Exception as error:  # noqa: BLE001 - as above, and it may quote what people wrote
        log.critical("process_failed", error=type(error).__name__, where=where(error))
        return 1
    finally:
        threading.excepthook = threading.__excepthook__
    return 0


async def serve(application: Application) -> None:
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
