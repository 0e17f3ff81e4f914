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
LONGEST = 30  # seconds we wait for a burst; a longer one is said to be longer, and is not measured again
AGAIN = 100  # forms that arrive a second time, as after a lost acknowledgement


@dataclass(frozen=True, slots=True)
class Burst:
    seconds: float
    grown: float  # MB, from before the burst to its peak
    wrong: int  # forms or letters lost or doubled
    committed: int


def measure(folder: Path) -> list[Row]:
    bursts: list[Burst] = []
    for i in range(ROUNDS):
        bursts.append(asyncio.run(_burst(folder, f"burst{i}", last=i == ROUNDS - 1)))
        if bursts[-1].committed < FORMS:
            break
    return _rows(bursts)


def _rows(bursts: list[Burst]) -> list[Row]:
    seconds, grown = median([b.seconds for b in bursts]), median([b.grown for b in bursts])
    pace = f"{median([b.committed / b.seconds for b in bursts]):,.0f} a second"
    done = f"{bursts[-1].committed:,} of them; " if bursts[-1].committed < FORMS else ""
    what = f"burst of {FORMS:,} forms"
    return [
        Row(goal="G7", what=f"{what}: lost or doubled", measured=sum(b.wrong for b in bursts), limit=0,
            detail=f"in {len(bursts)} bursts; {AGAIN} forms of each came twice", why="the count of tickets is wrong"),
        Row(goal="G7", what=f"{what}: all durable after", measured=seconds, limit=3, unit=" s", detail=done + pace,
            why="each form is a transaction of its own (G5), and letters leave meanwhile (G4)"),
        Row(goal="G7", what=f"{what}: memory at its peak, more than before", measured=grown, limit=40, unit=" MB",
            detail=pace, why="every form waits as a parsed payload until its turn comes"),
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
            seconds, acked = await _all_durable(link)
            committed = _tickets(database)
            wrong = max(acked - committed, committed - FORMS, 0)
            if last and acked == FORMS:
                wrong += await _wrong_letters(slack)
            return Burst(seconds, bot.peak() - before, wrong, committed)
        finally:
            bot.stop()


async def _all_durable(link: Link) -> tuple[float, int]:
    """Seconds until the last form is acknowledged, which it is after its commit; and how many forms were."""
    forms = [submission() for _ in range(FORMS)]
    began = time.perf_counter()
    answers = [await link.send(form) for form in (*forms, *forms[:AGAIN])]
    done, _ = await asyncio.wait(answers, timeout=LONGEST)
    return max(answer.result() for answer in done) - began, sum(answer in done for answer in answers[:FORMS])


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
