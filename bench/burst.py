"""G7: five thousand forms at once: none lost, none doubled, and how long until all of them are on the disk."""

import asyncio
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from bench.desks import new_database
from bench.envelopes import LETTERS, command, submission
from bench.processes import Bot
from bench.rows import ROUNDS, Row, median
from bench.slack import Link, Slack, rate

FORMS = 5000
AGAIN = 100  # forms that arrive a second time, as after a lost acknowledgement


@dataclass(frozen=True, slots=True)
class Burst:
    seconds: float
    grown: float  # MB, from before the burst to its peak
    wrong: int  # forms lost or doubled


def measure(folder: Path) -> list[Row]:
    bursts = [asyncio.run(_burst(folder, f"burst{i}", last=i == ROUNDS - 1)) for i in range(ROUNDS)]
    seconds, grown = median([b.seconds for b in bursts]), median([b.grown for b in bursts])
    wrong = sum(b.wrong for b in bursts)
    each = f"{FORMS / seconds:,.0f} a second; each ticket is a transaction of its own (G5), with the letters behind it"
    return [
        Row(goal="G7", what=f"burst of {FORMS:,} forms: lost or doubled, {ROUNDS} bursts", measured=wrong, limit=0,
            detail=f"{AGAIN} forms of each burst came twice", why="tickets or letters were lost or doubled"),
        Row(goal="G7", what=f"burst of {FORMS:,} forms: all durable after", measured=seconds, limit=3, unit=" s",
            detail=f"{FORMS / seconds:,.0f} a second", why=each),
        Row(goal="G7", what=f"burst of {FORMS:,} forms: memory at its peak", measured=grown, limit=40, unit=" MB",
            detail="more than before the burst", why="every form waits as a parsed payload until its turn comes"),
    ]  # fmt: skip


async def _burst(folder: Path, name: str, *, last: bool) -> Burst:
    """A new bot and a new database; the last burst also waits for every letter."""
    database = new_database(folder, name)
    async with Slack() as slack:
        bot = Bot(slack, name, database)
        try:
            link = await bot.link()
            await rate(link, command, 1000, 32)
            before = bot.rss()
            seconds = await _all_durable(link)
            grown = bot.peak() - before
            wrong = abs(FORMS - _tickets(database))
            if last:
                wrong += await _wrong_letters(slack)
        finally:
            bot.stop()
    return Burst(seconds, grown, wrong)


async def _all_durable(link: Link) -> float:
    """Seconds until the last form is acknowledged, which it is after its commit."""
    forms = [submission() for _ in range(FORMS)]
    began = time.perf_counter()
    answers = [await link.send(form) for form in (*forms, *forms[:AGAIN])]
    return max(await asyncio.gather(*answers)) - began


async def _wrong_letters(slack: Slack) -> int:
    """Letters missing or posted twice, once it is quiet."""
    await slack.letters_posted(FORMS * LETTERS)
    await asyncio.sleep(1)
    posted = slack.web_api.letters
    return abs(FORMS * LETTERS - len(set(posted))) + len(posted) - len(set(posted))


def _tickets(database: Path) -> int:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM tickets").fetchone()[0])
    finally:
        connection.close()
