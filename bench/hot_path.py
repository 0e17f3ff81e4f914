"""`python -m bench steps`: where the time of an acknowledgement goes, and the processor time of a report.

The first table is of reports one by one, each from idle; the second of reports back to back, until nothing of what
follows them is left.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.databases import scratch
from bench.desks import POSTGRESQL, SQLITE, Desk, database, desk
from bench.envelopes import submission
from bench.floor_steps import alone
from bench.reports import _warm as warm
from bench.spans import PATH

IDLE, BUSY = 20, 60  # reports
Said = dict[str, dict[str, float]]


def main(kinds: list[str]) -> int:
    with scratch() as folder:
        print("Milliseconds of processor that libraries alone take for a medium report\n")
        _table(alone(folder))
        asyncio.run(_measure(folder, kinds or [SQLITE, POSTGRESQL]))
    return 0


async def _measure(folder: Path, kinds: list[str]) -> None:
    for kind in kinds:
        file = folder / f"{kind}.json"
        os.environ[PATH] = str(file)
        async with database(folder, kind) as url, desk(folder, url, module="bench.spans") as one:
            await warm(one)
            idle = await _watched(one, file, IDLE, is_idle=True)
            busy = await _watched(one, file, BUSY, is_idle=False)
        print(f"\n{kind}: milliseconds of an acknowledgement from idle, by the clock\n")
        _table({name: seconds / IDLE for name, seconds in idle["seconds"].items() if _is_request(name)}
               | {"in all, from outside": idle["acks"]["p50"]})  # fmt: skip
        print(f"\n{kind}: milliseconds of processor a report, in the thread of the request\n")
        _table({name: spent / BUSY for name, spent in busy["processor"].items() if name.startswith("request")})
        print(f"\n{kind}: milliseconds of processor a report, by thread\n")
        _table({name: spent / BUSY for name, spent in busy["threads"].items()} | {"in all": busy["acks"]["cpu"] / BUSY})
        print(f"\n{kind}: milliseconds a report for which a function held the writer, and waited for it\n")
        waited = {name: spent / BUSY for name, spent in busy["seconds"].items() if "waiting" in name}
        _table({name: spent / BUSY for name, spent in busy["held"].items()} | waited)


def _is_request(name: str) -> bool:
    return name.startswith("request") or "back to" in name


async def _watched(one: Desk, file: Path, count: int, *, is_idle: bool) -> Said:
    await one.settled()
    before, processor = await asyncio.to_thread(_said, one, file), one.bot.cpu()
    acks = []
    for _ in range(count):
        if is_idle:
            await one.settled()
        acks.append(await one.door.ask(submission(severity="medium")))
    await one.settled()
    after = await asyncio.to_thread(_said, one, file)
    found: Said = {part: _minus(after[part], before[part]) for part in after}
    acks.sort()
    return {**found, "acks": {"p50": acks[len(acks) // 2], "cpu": one.bot.cpu() - processor}}


def _said(one: Desk, file: Path) -> Any:
    """Return what the bot says about itself by now."""
    file.unlink(missing_ok=True)
    one.bot.signal(signal.SIGUSR1)
    end = time.monotonic() + 60
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return json.loads(file.read_text())


def _minus(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0) for name, value in after.items()}


def _table(values: dict[str, float], worth: Callable[[float], bool] = lambda value: value >= 0.05) -> None:
    for name, value in sorted(values.items(), key=lambda item: -item[1]):
        if worth(value * 1000):
            print(f"| {name} | {value * 1000:.2f} |")
