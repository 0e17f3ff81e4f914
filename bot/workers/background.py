"""Run what works in the background, so that no error ends it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.errors import where

log = structlog.get_logger()
PAUSE = 1.0  # seconds until what failed is run again


async def keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run until it returns, and again after an error; it ends when it is cancelled."""
    while True:
        try:
            return await run()
        except Exception as error:  # noqa: BLE001 - what no one thought of must not end what others wait for
            note_failed(name, error)
            await asyncio.sleep(PAUSE)


def note_failed(name: str, error: BaseException) -> None:
    """Log an error that ends nothing, without its words, which may quote people."""
    log.error("background_failed", what=name, error=type(error).__name__, where=where(error))
