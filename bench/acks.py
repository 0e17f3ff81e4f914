"""G2: how soon and how often the bot acknowledges over Socket Mode what needs no database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.databases import new_database
from bench.envelopes import command
from bench.processes import Bot, Echo
from bench.rows import Row, interleaved, median, ms, ratio
from bench.slack import Link, Slack, rate

AT_ONCE = 32
IDLE = 300  # envelopes a round, one at a time
BURST = 4000  # envelopes a round, 32 at once


@asynccontextmanager
async def bot_on(folder: Path, name: str) -> AsyncIterator[tuple[Slack, Link]]:
    """A bot of its own, warmed up."""
    async with Slack() as slack:
        bot = Bot(slack, name, new_database(folder, name))
        try:
            link = await bot.link()
            await rate(link, command, 500, AT_ONCE)
            yield slack, link
        finally:
            bot.stop()


def without_database(folder: Path) -> list[Row]:
    return asyncio.run(_without_database(folder))


async def _without_database(folder: Path) -> list[Row]:
    async with bot_on(folder, "acks") as (slack, link):
        echo = Echo(slack)
        try:
            floor = await slack.link("echo")
            await rate(floor, command, 2000, AT_ONCE)
            idle, idle_floor = await interleaved(lambda: _p50(link), lambda: _p50(floor))
            busy, busy_floor = await interleaved(
                lambda: rate(link, command, BURST, AT_ONCE), lambda: rate(floor, command, BURST, AT_ONCE)
            )
        finally:
            echo.stop()
    return [
        Row(goal="G2", what="ack without database, idle p50, to a raw aiohttp echo", measured=ratio(idle, idle_floor),
            limit=2.5, detail=f"{ms(median(idle))} to {ms(median(idle_floor))}",
            why="the way through slack_sdk's queue, a pool thread and Bolt's middleware"),
        Row(goal="G2", what="ack without database, 32 at once, share of the echo's rate",
            measured=ratio(busy, busy_floor), limit=0.15, at_least=True,
            detail=f"{median(busy):,.0f} to {median(busy_floor):,.0f} a second",
            why="Bolt's middleware and the handler take their time for each request on one core"),
    ]  # fmt: skip


async def _p50(link: Link) -> float:
    return median([await link.ask(command()) for _ in range(IDLE)])
