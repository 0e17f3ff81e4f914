"""What a gateway's log takes, and a report while it comes, end to end: both over HTTP to a bot in its own process."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bench.desks import HTTP, SQLITE, HttpDoor, database, desk
from bench.envelopes import submission
from bench.gateways import BATCHES, GOAL, LINES, batch
from bench.processes import ATTACKING, ahead_of_others, rank
from bench.rows import Row, interleaved, median, ms, ratio
from bot.services.signals import integrations

REPORTS, BETWEEN = 30, 0.1  # seconds between two reports: 600 a minute
FLOWS, ALONE = 0.5, 4.0  # seconds until lines flow, and in which nothing but lines comes


@dataclass(slots=True)
class Sent:
    """What the gateway's senders told when they ended: lines a second that were taken in, and how many in all."""

    rates: list[float] = field(default_factory=list)
    lines: int = 0


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    sent_beside, sent_alone = Sent(), Sent()
    async with database(folder, SQLITE) as url, desk(folder, url, HTTP) as one:
        assert isinstance(one.door, HttpDoor)
        door, secret = one.door, integrations.add(one.app, "PAY", "gateway", "operator")

        async def reports() -> list[float]:
            seconds = []
            for _ in range(REPORTS):
                seconds.append(await door.ask(submission(severity="medium")))
                await asyncio.sleep(BETWEEN)
            return seconds

        async def beside_lines() -> list[float]:
            async with _lines(door.base, secret, sent_beside):
                return await reports()

        async def only_lines() -> float:
            """Seconds of the bot's processor for each line."""
            before, known = one.bot.cpu(), sent_alone.lines
            async with _lines(door.base, secret, sent_alone):
                await asyncio.sleep(ALONE)
            return (one.bot.cpu() - before) / (sent_alone.lines - known)

        await beside_lines()  # endpoints are new once
        used = [await only_lines() for _ in range(3)]
        with ahead_of_others(one.bot) as remark:
            idle, beside = ([median(taken) for taken in rounds] for rounds in await interleaved(reports, beside_lines))
    taken = f"{median(sent_beside.rates[1:]):,.0f} lines a second taken{remark}"
    return [
        Row(goal="gateways", what=f"share of one processor that {GOAL:,} lines a second take, end to end", limit=0.5,
            measured=GOAL * median(used), detail=f"{1e6 * median(used):.1f} µs a line", why="the processor is slow"),
        Row(goal="gateways", what=f"a report while {GOAL:,} lines a second are sent, to an idle one", limit=2.0,
            measured=ratio(beside, idle), why="both run in one interpreter",
            detail=f"{ms(median(beside))} to {ms(median(idle))}, {taken}"),
    ]  # fmt: skip


@asynccontextmanager
async def _lines(base: str, secret: str, sent: Sent) -> AsyncIterator[None]:
    """Send lines from a process of its own, and note how many were taken in."""
    command = (sys.executable, "-m", "bench.lines", base, secret)
    gateway = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert gateway.stdout
    try:
        await gateway.stdout.readline()
        await asyncio.sleep(FLOWS)
        yield
    finally:
        told, _ = await gateway.communicate(b"")  # which closes its input, and so ends it
        rate, lines = json.loads(told)
        sent.rates.append(rate)
        sent.lines += lines


async def _send(base: str, secret: str) -> None:
    """Send batches at the pace of the goal until the standard input ends; say how many lines a second were taken."""
    with suppress(PermissionError):
        rank(0, ATTACKING)
    bodies, taken, sent = [batch() for _ in range(BATCHES)], 0, 0
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession() as session:

        async def send(number: int) -> None:
            nonlocal taken
            body = bodies[number % BATCHES].replace(b'"request_id": "', b'"request_id": "%d-' % number)
            async with session.post(f"{base}/signals/PAY/gateway", data=body, headers=headers) as answer:
                await answer.read()
                taken += LINES * (answer.status == 200)

        print("ready", flush=True)
        ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        began, tasks = time.perf_counter(), set[asyncio.Task[None]]()
        while not ended.done():
            await asyncio.sleep(max(0.0, began + sent * LINES / GOAL - time.perf_counter()))
            task = asyncio.create_task(send(sent))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            sent += 1
        rate = taken / (time.perf_counter() - began)
        await asyncio.gather(*tasks)  # so that what comes after isn't beside them
    print(json.dumps([rate, taken]), flush=True)


if __name__ == "__main__":
    asyncio.run(_send(*sys.argv[1:]))
