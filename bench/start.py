"""G15: how long the bot takes from its start until it is connected, to importing its libraries alone."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from bench import libraries
from bench.databases import new_database
from bench.processes import ROOT, Bot, Child, environment
from bench.rows import ROUNDS, Row, interleaved, median, ms
from bench.slack import Slack

IMPORTED = "import time:"
Costs = dict[str, float]


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    database = new_database(folder, "start")
    async with Slack() as slack:
        await _connected(slack, database)
        ready, imported = await interleaved(lambda: _connected(slack, database), _imported, rounds=ROUNDS)
        runs = [await asyncio.to_thread(_costs, slack.api_url, database, i) for i in range(ROUNDS)]
    more = median([a - b for a, b in zip(ready, imported, strict=True)]) * 1000
    dearest = sorted(((median([run.get(name, 0.0) for run in runs]), name) for name in runs[0]), reverse=True)
    named = ", ".join(f"{name} {cost:.0f} ms" for cost, name in dearest[:3])
    return [
        Row(goal="G15", what="start to connected, more than importing the libraries", measured=more, limit=150,
            unit=" ms", detail=f"{ms(median(ready))} to {ms(median(imported))}", why=f"the dearest are {named}"),
        Row(goal="G15", what="dearest step or own module on the start path, by itself", measured=dearest[0][0],
            limit=20, unit=" ms", detail=named, why="it is done once a start, before the link is opened"),
    ]  # fmt: skip


async def _connected(slack: Slack, database: Path) -> float:
    """Seconds from the start of the process until its link stands."""
    slack.forget("xapp-start")
    bot = Bot(slack, "start", database, plain=True)
    try:
        link = await bot.link()
        return link.connected_at - bot.began
    finally:
        await asyncio.to_thread(bot.stop)


async def _imported() -> float:
    """Seconds from the start of a process until the libraries are there."""
    child = Child(["-c", libraries.program()])
    await asyncio.to_thread(child.line)
    seconds = time.perf_counter() - child.began
    await asyncio.to_thread(child.stop)
    return seconds


def _costs(api_url: str, database: Path, number: int) -> Costs:
    """Milliseconds of each step, and of each of our modules without what it imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bench.steps"], cwd=ROOT, check=True, capture_output=True, text=True,
        env=environment(api_url, f"steps{number}", database),
    )  # fmt: skip
    costs: Costs = dict(json.loads(done.stdout))
    return costs | dict(_modules(done.stderr))


def _modules(text: str) -> list[tuple[str, float]]:
    found = []
    for line in text.splitlines():
        if line.startswith(IMPORTED) and line.count("|") == 2:
            own, _, name = line.removeprefix(IMPORTED).split("|")
            if name.strip().partition(".")[0] in libraries.PACKAGES:
                found.append((name.strip(), int(own) / 1000))
    return found
