"""G16 and idleness: the memory and the processor time it takes to be there, and to have seen many envelopes."""

import asyncio
from pathlib import Path

from bench import libraries
from bench.desks import new_database
from bench.envelopes import LETTERS, command, submission
from bench.processes import Bot, Child
from bench.rows import ROUNDS, Row, interleaved, median, ratio
from bench.slack import Link, Slack, rate

PARTS, COMMANDS, FORMS = 10, 9_800, 200  # a tenth of 100,000 envelopes; the forms become tickets
SETTLE = 0.5  # seconds until a process that has just started is quiet
WINDOW = 5.0  # seconds of idleness; the dispatcher's slowest tick comes once in it
AT_ONCE = 32


def measure(folder: Path) -> list[Row]:
    return [*asyncio.run(_idle_memory(folder)), *asyncio.run(_after_many(folder))]


async def _idle_memory(folder: Path) -> list[Row]:
    database = new_database(folder, "idle")
    async with Slack() as slack:
        ours, floor = await interleaved(lambda: _bot_rss(slack, database), _imports_rss)
    return [
        Row(goal="G16", what="idle memory, to importing the libraries alone", measured=ratio(ours, floor), limit=1.15,
            detail=f"{median(ours):.1f} to {median(floor):.1f} MB",
            why="our own modules, Bolt's listeners, the database's connections and the scheduler's thread"),
    ]  # fmt: skip


async def _bot_rss(slack: Slack, database: Path) -> float:
    slack.forget("xapp-idle")
    bot = Bot(slack, "idle", database, paced=True)
    try:
        await bot.link()
        await asyncio.sleep(SETTLE)
        return bot.rss()
    finally:
        await asyncio.to_thread(bot.stop)


async def _imports_rss() -> float:
    child = Child(["-c", libraries.program()])
    await asyncio.to_thread(child.line)
    await asyncio.sleep(SETTLE)
    rss = child.rss()
    await asyncio.to_thread(child.stop)
    return rss


async def _after_many(folder: Path) -> list[Row]:
    async with Slack() as slack:
        bot = Bot(slack, "many", new_database(folder, "many"))
        try:
            link = await bot.link()
            sizes = [await _tenth(slack, link, bot) for _ in range(PARTS)]
        finally:
            bot.stop()
    half, grown = sizes[PARTS // 2 - 1], sizes[-1] / sizes[PARTS // 2 - 1]
    forms = f"{PARTS * FORMS:,} of them tickets"
    return [
        Row(goal="G16", what=f"memory after {PARTS * (COMMANDS + FORMS):,} envelopes", measured=sizes[-1], limit=90,
            unit=" MB", detail=forms, why=f"it was {sizes[0]:.0f} MB after the first tenth"),
        Row(goal="G16", what="the same, to the memory after half of them", measured=grown, limit=1.03,
            detail=f"{sizes[-1]:.1f} to {half:.1f} MB",
            why=f"by tenths it was {', '.join(f'{size:.0f}' for size in sizes)} MB"),
    ]  # fmt: skip


async def _tenth(slack: Slack, link: Link, bot: Bot) -> float:
    """Commands and forms; the memory once every letter has left."""
    before = len(slack.web_api.letters)
    await rate(link, command, COMMANDS, AT_ONCE)
    await rate(link, submission, FORMS, AT_ONCE)
    await slack.letters_posted(before + LETTERS * FORMS)
    await asyncio.sleep(SETTLE)
    return bot.rss()


def idle(folder: Path) -> list[Row]:
    return asyncio.run(_idle(folder))


async def _idle(folder: Path) -> list[Row]:
    async with Slack() as slack:
        bot = Bot(slack, "quiet", new_database(folder, "quiet"), paced=True)
        try:
            await bot.link()
            await asyncio.sleep(2)
            shares = [await _share(bot) for _ in range(ROUNDS)]
        finally:
            bot.stop()
    return [
        Row(goal="idle", what="processor time while nothing happens", measured=median(shares), limit=1, unit=" %",
            detail=f"{min(shares):.2f} to {max(shares):.2f} % in {ROUNDS} windows of {WINDOW:.0f} s",
            why="something ticks more often than it has to"),
    ]  # fmt: skip


async def _share(bot: Bot) -> float:
    """Percent of one core."""
    before = bot.cpu()
    await asyncio.sleep(WINDOW)
    return (bot.cpu() - before) / WINDOW * 100
