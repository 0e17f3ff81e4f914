"""G2, G3, G4: how soon and how often the bot acknowledges over Socket Mode, without and with a commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.databases import new_database
from bench.envelopes import MESSAGES, command, submission
from bench.floors import Flushed
from bench.processes import Bot, Echo
from bench.rows import P99, Row, interleaved, median, ms, quantile, ratio
from bench.slack import Link, Slack, rate

AT_ONCE = 32
IDLE, DURABLE = 300, 80  # envelopes a round, one at a time
BURST, DURABLE_BURST = 4000, 200  # envelopes a round, 32 at once
PAUSE = 0.01  # seconds of rest before a durable acknowledgement and before a flush, so that both start from idle


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


def durable(folder: Path) -> list[Row]:
    return asyncio.run(_durable(folder))


async def _durable(folder: Path) -> list[Row]:
    flushed = Flushed(folder / "flushed")
    async with bot_on(folder, "durable") as (slack, link):
        await _durable_acks(slack, link)
        ours, floor = await interleaved(lambda: _durable_acks(slack, link), lambda: _flushes(flushed))
    flushed.close()
    p50, p50_floor = [median(one) for one in ours], [median(one) for one in floor]
    p99 = quantile([x for one in ours for x in one], P99)
    why = (
        f"of {ms(median(p50))} the flush is {ms(median(p50_floor))}; the rest is Bolt and the ticket's statements (G5)"
    )
    return [
        Row(goal="G3", what="durable ack of a critical, idle p50, to one fdatasync", measured=ratio(p50, p50_floor),
            limit=4, detail=f"{ms(median(p50))} to {ms(median(p50_floor))}", why=why),
        Row(goal="G3", what="durable ack of a critical, idle p99, to the fdatasync's p50",
            measured=p99 / median(p50_floor), limit=12, detail=f"{ms(p99)} to {ms(median(p50_floor))}", why=why),
    ]  # fmt: skip


async def _durable_acks(slack: Slack, link: Link) -> list[float]:
    """Seconds for each; the next one starts when the messages of the last have left."""
    seconds = []
    for _ in range(DURABLE):
        before = len(slack.web_api.messages)
        seconds.append(await link.ask(submission()))
        await slack.messages_posted(before + MESSAGES)
        await asyncio.sleep(PAUSE)
    return seconds


async def _flushes(flushed: Flushed) -> list[float]:
    seconds = []
    for _ in range(DURABLE):
        seconds.append(flushed.append())
        await asyncio.sleep(PAUSE)
    return seconds


def durable_at_once(folder: Path) -> list[Row]:
    return asyncio.run(_durable_at_once(folder))


async def _durable_at_once(folder: Path) -> list[Row]:
    async with bot_on(folder, "at_once") as (slack, link):
        await _durable_rate(slack, link)
        ours, floor = await interleaved(
            lambda: _durable_rate(slack, link), lambda: rate(link, _unheard, BURST, AT_ONCE)
        )
    return [
        Row(goal="G4", what="durable acks, 32 at once, share of the same bot's rate without database",
            measured=ratio(ours, floor), limit=0.25, at_least=True,
            detail=f"{median(ours):,.0f} to {median(floor):,.0f} a second",
            why="the ticket's statements take the core and the one writer, and the messages leave at the same time"),
    ]  # fmt: skip


async def _durable_rate(slack: Slack, link: Link) -> float:
    before = len(slack.web_api.messages)
    reached = await rate(link, submission, DURABLE_BURST, AT_ONCE)
    await slack.messages_posted(before + MESSAGES * DURABLE_BURST)
    await asyncio.sleep(0.1)
    return reached


def _unheard() -> dict[str, Any]:
    """The same form under an unknown name: Bolt alone, and the acknowledgement."""
    return submission("bench_nothing")
