"""Notifications of other processes' commits, by PostgreSQL's LISTEN and NOTIFY.

https://www.postgresql.org/docs/current/sql-notify.html: sent with the commit to all current listeners.
"""

import asyncio
from collections.abc import Callable

import structlog
from psycopg import AsyncConnection, OperationalError, sql
from sqlalchemy import make_url

from storage.database.engine import SILENCE

log = structlog.get_logger()
CHANNEL = "hypercare"
TIMERS_CHANGED = "timers"  # behind the process's name: there are new timers too
PAUSE = 1.0  # seconds before connecting again


async def listen(url: str, me: str, on_change: Callable[[bool], None]) -> None:
    """Call `on_change` for each commit of another process, and after each gap; until cancelled. Not for SQLite.

    Its argument is whether there may be new timers, besides messages.
    """
    parsed = make_url(url)
    if not parsed.drivername.startswith("postgres"):
        return
    address = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    is_lost = False
    while True:
        try:
            async with await AsyncConnection.connect(address, autocommit=True, connect_timeout=5, **SILENCE) as there:
                await there.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                on_change(True)  # commits during the gap
                is_lost = False
                async for notice in there.notifies():
                    who, _, timed = notice.payload.partition(" ")
                    if who != me:
                        on_change(timed == TIMERS_CHANGED)
        except (OperationalError, OSError) as error:
            if not is_lost:
                log.warning("listen_reconnected", error=type(error).__name__)
            is_lost = True
        await asyncio.sleep(PAUSE)
