"""`hypercare run`: run the bot in a Slack workspace until it gets a signal to stop."""

import argparse
import asyncio
import os
import threading

import structlog

from bot import logs
from bot.app.application import Application
from bot.cli import CommandError
from bot.commands import common
from bot.database import CannotStart
from bot.serving import serve
from bot.settings.errors import InvalidSettings
from bot.transport.socket import InvalidToken
from domain.errors import where

log = structlog.get_logger()


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
