"""G7: five thousand forms at once: none lost, none doubled, and how long until all of them are on the disk."""

import asyncio
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from bench.databases import new_database
from bench.envelopes import MESSAGES, command, submission
from bench.processes import Bot
from bench.rows import ROUNDS, Row, median
from bench.slack import Link, Slack, rate

FORMS = 5000
LONGEST = 30  # seconds we wait for a burst; a longer one is said to be longer, and is not measured again
AGAIN = 100  # forms that arrive twice, as after a lost acknowledgement


@dataclass(frozen=True, slots=True)
class Burst:
    seconds: float
    grown: float  # MB, from before the burst to its peak
    lost: int  # acknowledged, and not in the database
    doubled: int
    unanswered: int
    wrong_messages: int
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
    done = f"given up then, {bursts[-1].committed:,} were durable; " if bursts[-1].committed < FORMS else ""
    wrong = {
        "lost": [b.lost for b in bursts], "doubled": [b.doubled for b in bursts],
        "unanswered": [b.unanswered for b in bursts], "messages wrong": [b.wrong_messages for b in bursts],
    }  # fmt: skip
    what = f"burst of {FORMS:,} forms"
    return [
        Row(goal="G7", what=f"{what}: lost, doubled or unanswered", measured=sum(map(sum, wrong.values())), limit=0,
            detail=", ".join(f"{name} {sum(counts)}" for name, counts in wrong.items()) + f" in {len(bursts)} bursts",
            why=f"unanswered is what had to wait for more than {LONGEST} s; the others are faults"),
        Row(goal="G7", what=f"{what}: all durable after", measured=seconds, limit=3, unit=" s", detail=done + pace,
            why="each form is a transaction of its own (G5), and messages leave meanwhile (G4)"),
        Row(goal="G7", what=f"{what}: memory at its peak, more than before", measured=grown, limit=40, unit=" MB",
            detail=pace, why="every form waits as a parsed payload until its turn comes"),
    ]  # fmt: skip


async def _burst(folder: Path, name: str, *, last: bool) -> Burst:
    """A new bot and a new database; the last burst also waits for every message."""
    database = new_database(folder, name)
    async with Slack() as slack:
        bot = Bot(slack, name, database)
        try:
            link = await bot.link()
            await rate(link, command, 1000, 32)
            before = bot.rss()
            seconds, acked = await _all_durable(link)
            grown = bot.peak() - before
            committed, different = _tickets(database)
            wrong_messages = await _wrong_messages(slack) if last and acked == FORMS else 0
            return Burst(
                seconds,
                grown,
                max(acked - different, 0),
                committed - different,
                FORMS - acked,
                wrong_messages,
                committed,
            )
        finally:
            bot.stop()


async def _all_durable(link: Link) -> tuple[float, int]:
    """Seconds until the last form is acknowledged, which it is after its commit; and how many forms were."""
    forms = [submission() for _ in range(FORMS)]
    began = time.perf_counter()
    answers = [await link.send(form) for form in (*forms[:AGAIN], *forms)]
    done, _ = await asyncio.wait(answers, timeout=LONGEST)
    return max(answer.result() for answer in done) - began, sum(answer in done for answer in answers[AGAIN:])


async def _wrong_messages(slack: Slack) -> int:
    """Messages missing or posted twice, once it is quiet."""
    await slack.messages_posted(FORMS * MESSAGES)
    await asyncio.sleep(1)
    posted = slack.web_api.messages
    return abs(FORMS * MESSAGES - len(set(posted))) + len(posted) - len(set(posted))


def _tickets(database: Path) -> tuple[int, int]:
    """How many tickets there are, and how many different ones."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        total, different = connection.execute("SELECT count(*), count(DISTINCT summary) FROM tickets").fetchone()
    finally:
        connection.close()
    return int(total), int(different)
