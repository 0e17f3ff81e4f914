"""P8: what a report takes while strangers hold half-open connections, flood with large bodies and forge signatures."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from bench.attacks import _health
from bench.desks import HTTP, SQLITE, HttpDoor, database, desk, signed
from bench.envelopes import submission
from bench.rows import P99, Row, median, ms, quantile

HALF_OPEN, FLOODS, FORGED_A_SECOND = 500, 8, 1000
FLOOD_BYTES = 1024 * 1024
REPORTS = 30
AGAIN = 2.0  # seconds until a connection that was closed is opened again
FORGERS = 32  # connections on which forged requests are sent
STAND = 2.0  # seconds until all attackers stand
TWICE, MORE = 2, 0.05  # a report may take twice its idle time, and so many seconds more
HALF = b"POST /slack/events HTTP/1.1\r\nHost: bench\r\nContent-Le"


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    async with database(folder, SQLITE) as url, desk(folder, url, HTTP) as one, aiohttp.ClientSession() as session:
        assert isinstance(one.door, HttpDoor)
        base, door = one.door.base, one.door
        idle = [await door.ask(submission(severity="medium")) for _ in range(REPORTS)]
        async with _besieged(base) as done:
            under = [await door.ask(submission(severity="medium")) for _ in range(REPORTS)]
            healthy = quantile(await _health(session, base), P99)
    limit = TWICE * median(idle) + MORE
    sent = ", ".join(f"{count:,.0f} {what} a second" for what, count in done.items())
    why = "the attackers take much of the same two cores"
    return [
        Row(goal="P8", what="a report while 500 are half-open, 8 flood and 1,000 a second forge",
            measured=median(under) * 1000, limit=round(limit * 1000, 1), unit=" ms",
            detail=f"{ms(median(idle))} idle; {sent}", why=why),
        Row(goal="P8", what="/healthz p99 under the same", measured=healthy * 1000, limit=20, unit=" ms", detail=sent,
            why=why),
    ]  # fmt: skip


@asynccontextmanager
async def _besieged(base: str) -> AsyncIterator[dict[str, float]]:
    """Attack in all three ways from a process of its own; yields how often a second, which is known at the end."""
    done: dict[str, float] = {}
    command = (sys.executable, "-m", "bench.siege", base)
    attackers = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert attackers.stdout
    try:
        await attackers.stdout.readline()  # all of them stand
        yield done
    finally:
        told, _ = await attackers.communicate(b"")  # which closes its input, and so ends it
        done.update(json.loads(told))


async def _attack(base: str) -> None:
    """Attack until the standard input ends, and then say how often a second each way succeeded."""
    done = {"connections": 0, "floods": 0, "forged": 0}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=FLOODS + FORGERS)) as session:
        tasks = [asyncio.create_task(_half_open(base, done)) for _ in range(HALF_OPEN)]
        tasks += [asyncio.create_task(_flood(session, base, done)) for _ in range(FLOODS)]
        tasks.append(asyncio.create_task(_forge(session, base, done)))
        await asyncio.sleep(STAND)
        print("ready", flush=True)
        began = time.perf_counter()
        done.update(dict.fromkeys(done, 0))
        await asyncio.to_thread(sys.stdin.read)
        seconds = time.perf_counter() - began
        print(json.dumps({way: count / seconds for way, count in done.items()}), flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _half_open(base: str, done: dict[str, int]) -> None:
    """Send half a head, and connect again when the server has had enough."""
    host, _, port = base.removeprefix("http://").partition(":")
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(host, int(port))
            done["connections"] += 1
            try:
                writer.write(HALF)
                await reader.read()
            finally:
                writer.close()
        await asyncio.sleep(AGAIN)


async def _flood(session: aiohttp.ClientSession, base: str, done: dict[str, int]) -> None:
    body = os.urandom(FLOOD_BYTES - 1)
    while True:
        with suppress(aiohttp.ClientError):
            async with session.post(f"{base}/slack/events", data=body, headers=signed(b"", "not the secret")) as answer:
                await answer.read()
        done["floods"] += 1


async def _forge(session: aiohttp.ClientSession, base: str, done: dict[str, int]) -> None:
    """Send forged requests at a steady pace, whatever the answers take."""
    pending: set[asyncio.Task[None]] = set()
    began = time.perf_counter()
    for number in range(10**9):
        wait = began + number / FORGED_A_SECOND - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        if len(pending) < FORGERS:
            task = asyncio.create_task(_forged(session, base, done))
            pending.add(task)
            task.add_done_callback(pending.discard)


async def _forged(session: aiohttp.ClientSession, base: str, done: dict[str, int]) -> None:
    with suppress(aiohttp.ClientError):
        body = b"payload=%7B%7D"
        async with session.post(f"{base}/slack/events", data=body, headers=signed(body, "not the secret")) as answer:
            await answer.read()
        done["forged"] += 1


if __name__ == "__main__":
    asyncio.run(_attack(sys.argv[1]))
