"""A soak: half an hour of commands and forms, and whether memory and open files stay where they were."""

import asyncio
import os
import time
from pathlib import Path

from bench.databases import new_database
from bench.envelopes import MESSAGES, command, submission
from bench.processes import Bot
from bench.rows import Row, median
from bench.slack import Link, Slack

MINUTES = float(os.environ.get("BENCH_MINUTES", "30"))
COMMANDS, FORMS = 20, 3  # a second
TEXTS = ("help report", "list", "mine", "status", "show PAY-1")
EVERY = 10.0  # seconds between two looks


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    async with Slack() as slack:
        bot = Bot(slack, "soak", new_database(folder, "soak"))
        try:
            link = await bot.link()
            looks, done = await _soak(link, bot)
            await slack.messages_posted(MESSAGES * done)
        finally:
            await asyncio.to_thread(bot.stop)
    said, third = slack.web_api.messages, max(1, len(looks) // 3)
    first, last = looks[third : 2 * third], looks[-third:]
    before, after = median([mb for mb, _ in first]), median([mb for mb, _ in last])
    files = max(count for _, count in last) - max(count for _, count in first)
    span = f"{MINUTES:g} minutes, {done:,} tickets"
    at_least = MESSAGES * done  # each withdrawal is told too
    return [
        Row(goal="soak", what="memory in the last third, to the second", measured=after / before, limit=1.02,
            detail=f"{before:.1f} to {after:.1f} MB, {span}", why="something grows with what was seen"),
        Row(goal="soak", what="open files in the last third, more than in the second", measured=files, limit=0,
            detail=f"{looks[0][1]} at first, {looks[-1][1]} at the end", why="something is not closed"),
        Row(goal="soak", what="messages lost or said twice", measured=max(0, at_least - len(set(said)))
            + len(said) - len(set(said)), limit=0, detail=f"{len(said):,} messages", why="see the log"),
    ]  # fmt: skip


async def _soak(link: Link, bot: Bot) -> tuple[list[tuple[float, int]], int]:
    """Memory and open files, look by look; and how many forms were sent."""
    began, looked, looks, forms = time.monotonic(), 0.0, [], 0
    while (passed := time.monotonic() - began) < MINUTES * 60:
        words = [command(TEXTS[n % len(TEXTS)]) for n in range(COMMANDS)]
        # As many are withdrawn as are reported, so that there are not more and more open ones to keep in mind.
        words += [command(f"withdraw PAY-{forms - n}") for n in range(FORMS) if forms > n]
        await asyncio.gather(*(link.ask(one) for one in [*words, *(submission() for _ in range(FORMS))]))
        forms += FORMS
        if passed - looked >= EVERY:
            looked = passed
            looks.append((bot.rss(), bot.files()))
        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began - passed)))
    return looks, forms
