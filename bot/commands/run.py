"""`hypercare run`: the bot in a real workspace, until it is told to stop."""

import argparse
import asyncio
import signal

from bot import logs
from bot.app import House
from bot.cli import Complaint
from bot.commands import common
from bot.database import CannotStart
from bot.settings.phase_file import BadSettings
from bot.transport.socket import BadToken


def main(args: argparse.Namespace) -> int:
    settings = common.settings(args.config)
    logs.configure(settings.log_level, settings.log_format)
    try:
        house = House(settings)
        asyncio.run(serve(house))
    except (CannotStart, BadToken, BadSettings) as error:
        raise Complaint(str(error)) from None
    return 0


async def serve(house: House) -> None:
    """Start, wait for SIGINT or SIGTERM, stop."""
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    starting, stopped = asyncio.create_task(house.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():  # Slack or the database keeps us waiting, and nobody wants to wait any more
        starting.cancel()
        await asyncio.wait({starting})
        return
    await starting
    await stopped
    await house.stop()
