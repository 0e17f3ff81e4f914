"""What a report takes while a gateway sends its log, end to end: both over HTTP to a bot in a process of its own."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from bench.desks import HTTP, SQLITE, HttpDoor, database, desk
from bench.envelopes import submission
from bench.gateways import BATCHES, GOAL, LINES, batch
from bench.processes import ATTACKING, ahead_of_others, rank
from bench.rows import Row, interleaved, median, ms, ratio
from bot.services.signals import doors

REPORTS, BETWEEN = 30, 0.1  # seconds between two reports: 600 a minute
FLOWS = 0.5  # seconds until lines flow


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    rates: list[float] = []  # lines a second beside reports
    async with database(folder, SQLITE) as url, desk(folder, url, HTTP) as one:
        assert isinstance(one.door, HttpDoor)
        door, secret = one.door, doors.open_door(one.app, "PAY", "gateway", "operator")

        async def reports() -> list[float]:
            seconds = []
            for _ in range(REPORTS):
                seconds.append(await door.ask(submission(severity="medium")))
                await asyncio.sleep(BETWEEN)
            return seconds

        async def beside_lines() -> list[float]:
            async with _lines(door.base, secret, rates):
                return await reports()

        await beside_lines()  # endpoints are new once
        with ahead_of_others(one.bot) as remark:
            idle, beside = ([median(taken) for taken in rounds] for rounds in await interleaved(reports, beside_lines))
    taken = f"{median(rates[1:]):,.0f} lines a second taken{remark}"
    return [
        Row(goal="gateways", what=f"a report while {GOAL:,} lines a second are sent, to an idle one", limit=2.0,
            measured=ratio(beside, idle), why="both run in one interpreter",
            detail=f"{ms(median(beside))} to {ms(median(idle))}, {taken}"),
    ]  # fmt: skip


@asynccontextmanager
async def _lines(base: str, secret: str, rates: list[float]) -> AsyncIterator[None]:
    """Send lines from a process of its own, and note how many a second were taken in."""
    command = (sys.executable, "-m", "bench.lines", base, secret)
    gateway = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert gateway.stdout
    try:
        await gateway.stdout.readline()
        await asyncio.sleep(FLOWS)
        yield
    finally:
        told, _ = await gateway.communicate(b"")  # which closes its input, and so ends it
        rates.append(float(json.loads(told)))


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
    print(json.dumps(rate), flush=True)


if __name__ == "__main__":
    asyncio.run(_send(*sys.argv[1:]))
