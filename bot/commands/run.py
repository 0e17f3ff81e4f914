"""`hypercare run`: run the bot in a Slack workspace until it gets a signal to stop."""

import argparse
import asyncio
import signal
import sys

from bot import logs
from bot.app.application import Application
from bot.cli import CommandError
from bot.commands import common
from bot.database import CannotStart
from bot.settings.errors import InvalidSettings
from bot.stopping import leave, leave_in_time
from bot.transport.socket import InvalidToken

# How long one thread may hold the interpreter while others wait for it. Python's 5 ms are for programs that calculate;
# here the event loop asks for it again after each wait, several times in a request (docs/performance.md).
TURN_SECONDS = 0.0005


def main(args: argparse.Namespace) -> int:
    settings = common.settings(args.config)
    logs.configure(settings.log_level, settings.log_format)
    try:
        application = Application(settings)
        asyncio.run(serve(application))
    except (CannotStart, InvalidToken, InvalidSettings) as error:
        raise CommandError(str(error)) from None
    return 0


async def serve(application: Application) -> None:
    """Start the application, wait for SIGINT or SIGTERM, stop it, and end the process within ten seconds."""
    sys.setswitchinterval(TURN_SECONDS)
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    starting, stopped = asyncio.create_task(application.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        await starting
        await stopped
        leave_in_time()
        await application.stop()
    else:  # told to stop while waiting for Slack or the database
        leave_in_time()
        starting.cancel()
        await asyncio.wait({starting})
    leave()
