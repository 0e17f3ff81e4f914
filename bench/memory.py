"""G16 and idleness: the memory and the processor time it takes to be there, to have seen much, and to hold much."""

import asyncio
import sqlite3
from functools import partial
from pathlib import Path

from bench import libraries
from bench.databases import new_database
from bench.envelopes import MESSAGES, command, submission
from bench.floors import raw
from bench.processes import Bot, Child
from bench.rows import ROUNDS, Row, interleaved, median, ratio
from bench.slack import Link, Slack, rate

TICKETS, WAITING = 1_000_000, 10_000
# A tenth of 100,000 envelopes; the forms become tickets, whose cards Slack takes at one a second.
PARTS, COMMANDS, FORMS = 10, 9_980, 20
MORE_FORMS = 200  # whose messages need not have left
SETTLE = 0.5  # seconds until a process that has just started is quiet
WINDOW = 5.0  # seconds of idleness; the dispatcher's slowest tick comes once in it
AT_ONCE = 32
UNSENT = "SELECT 1 FROM outbox_messages WHERE state IN ('waiting', 'sending') LIMIT 1"


def measure(folder: Path) -> list[Row]:
    return [*asyncio.run(_idle_memory(folder)), *asyncio.run(_after_many(folder)), *asyncio.run(_with_much(folder))]


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
    bot = Bot(slack, "idle", database, plain=True)
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
        database = new_database(folder, "many")
        bot = Bot(slack, "many", database)
        try:
            link = await bot.link()
            sizes = [await _tenth(link, bot, database) for _ in range(PARTS)]
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


async def _with_much(folder: Path) -> list[Row]:
    """A million tickets, of which each hundredth is open, and messages of one channel that wait for Slack's pace."""
    database = new_database(folder, "much")
    async with Slack() as slack:
        bot = Bot(slack, "first", database)
        await rate(await bot.link(), submission, 1, 1)
        await slack.messages_posted(MESSAGES)
        await asyncio.to_thread(bot.stop)
        _multiply(database)
        bot = Bot(slack, "much", database, plain=True)
        try:
            link = await bot.link()
            for text in ("help report", "list", "mine", "status", "show PAY-1"):
                await rate(link, partial(command, text), 200, 8)
            await rate(link, submission, MORE_FORMS, AT_ONCE)
            await asyncio.sleep(5)
            rss, peak = bot.rss(), bot.peak()
        finally:
            await asyncio.to_thread(bot.stop)
    what = (
        f"memory with {TICKETS:,} tickets and {WAITING:,} waiting messages, after 1,000 commands and {MORE_FORMS} forms"
    )
    return [Row(goal="G16", what=what, measured=rss, limit=120, unit=" MB", detail=f"{peak:.1f} MB at its peak",
                why="something keeps rows in memory")]  # fmt: skip


def _multiply(database: Path) -> None:
    """The one ticket, its event and its lanes again and again, and messages into one more lane."""
    with raw(database) as connection:
        connection.execute("BEGIN IMMEDIATE")
        _copy(connection, "tickets", {"number": "number + n", "status": "iif(n % 100, 'verified', 'received')"})
        _copy(connection, "events", {"ticket_id": "ticket_id + n"})
        connection.execute("UPDATE phases SET last_number = last_number + ?", [TICKETS])
        lane = connection.execute("INSERT INTO lanes (name, channel, place) VALUES ('much', 'C1', 'C1')").lastrowid
        messages = {"lane_id": str(lane), "state": "'waiting'", "bucket": "'post C1'", "in_thread": "1"}
        _copy(connection, "outbox_messages", messages, WAITING)
        connection.execute("COMMIT")


def _copy(connection: sqlite3.Connection, table: str, changed: dict[str, str], count: int = TICKETS) -> None:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
    values = ", ".join(changed.get(name, name) for name in names)
    numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
    one = f"(SELECT * FROM {table} ORDER BY id LIMIT 1)"
    connection.execute(f"{numbers} INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM numbers, {one}")


async def _tenth(link: Link, bot: Bot, database: Path) -> float:
    """Commands and forms; the memory once every message has left, which storms join into fewer."""
    await rate(link, command, COMMANDS, AT_ONCE)
    await rate(link, submission, FORMS, AT_ONCE)
    with raw(database) as connection:
        while connection.execute(UNSENT).fetchone():
            await asyncio.sleep(SETTLE)
    await asyncio.sleep(SETTLE)
    return bot.rss()


def idle(folder: Path) -> list[Row]:
    return asyncio.run(_idle(folder))


async def _idle(folder: Path) -> list[Row]:
    async with Slack() as slack:
        bot = Bot(slack, "quiet", new_database(folder, "quiet"), plain=True)
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
