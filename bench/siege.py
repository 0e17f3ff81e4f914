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

from bench.attacks import health
from bench.desks import HTTP, SQLITE, HttpDoor, database, desk, signed
from bench.envelopes import submission
from bench.processes import ATTACKING, ahead_of_others, rank
from bench.rows import P99, Row, interleaved, median, ms, quantile

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
        door, base, done = one.door, one.door.base, dict[str, list[float]]()

        async def reports() -> list[float]:
            return [await door.ask(submission(severity="medium")) for _ in range(REPORTS)]

        async def besieged() -> tuple[list[float], list[float]]:
            async with _besieged(base, done):
                return await reports(), await health(session, base)

        async def idle() -> tuple[list[float], list[float]]:
            return await reports(), await health(session, base)

        await reports()
        with ahead_of_others(one.bot) as remark:
            idles, under = await interleaved(idle, besieged)
    before, during = (median([median(reports) for reports, _ in rounds]) for rounds in (idles, under))
    sent = ", ".join(f"{median(counts):,.0f} {what} a second" for what, counts in done.items()) + remark
    healthy = median([quantile(healths, P99) for _, healths in under])
    why = "the event loop reads what arrives, and this machine is shared"
    return [
        Row(goal="P8", what="a report while 500 are half-open, 8 flood and 1,000 a second forge",
            measured=during * 1000, limit=round((TWICE * before + MORE) * 1000, 1), unit=" ms",
            detail=f"{ms(before)} idle; {sent}", why=why),
        Row(goal="P8", what="/healthz p99 under the same", measured=healthy * 1000, limit=20, unit=" ms",
            detail=f"{ms(median([quantile(healths, P99) for _, healths in idles]))} idle; {sent}", why=why),
    ]  # fmt: skip


@asynccontextmanager
async def _besieged(base: str, done: dict[str, list[float]]) -> AsyncIterator[None]:
    """Attack in all three ways from a process of its own, and note how often a second at the end."""
    command = (sys.executable, "-m", "bench.siege", base)
    attackers = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert attackers.stdout
    try:
        await attackers.stdout.readline()  # all of them stand
        yield
    finally:
        told, _ = await attackers.communicate(b"")  # which closes its input, and so ends it
        for way, count in json.loads(told).items():
            done.setdefault(way, []).append(count)


async def _attack(base: str) -> None:
    """Attack until the standard input ends, and then say how often a second each way succeeded."""
    with suppress(PermissionError):
        rank(0, ATTACKING)
    done = {"connections": 0, "floods": 0, "forged": 0}
    turns = asyncio.Semaphore(0)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=FLOODS)) as session:
        tasks = [asyncio.create_task(_half_open(base, done)) for _ in range(HALF_OPEN)]
        tasks += [asyncio.create_task(_flood(session, base, done)) for _ in range(FLOODS)]
        tasks += [asyncio.create_task(_forge(base, turns, done)) for _ in range(FORGERS)]
        tasks.append(asyncio.create_task(_pace(turns)))
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
    while True:
        with suppress(OSError):
            reader, writer = await _connection(base)
            done["connections"] += 1
            try:
                writer.write(HALF)
                await reader.read()
            finally:
                writer.close()
        await asyncio.sleep(AGAIN)


async def _connection(base: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = base.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))


async def _flood(session: aiohttp.ClientSession, base: str, done: dict[str, int]) -> None:
    body = os.urandom(FLOOD_BYTES - 1)
    while True:
        with suppress(aiohttp.ClientError):
            async with session.post(f"{base}/slack/events", data=body, headers=signed(b"", "not the secret")) as answer:
                await answer.read()
        done["floods"] += 1


async def _pace(turns: asyncio.Semaphore) -> None:
    """Let forged requests go at a steady pace, whatever the answers take; what can't be sent in time is left out."""
    began = time.perf_counter()
    for number in range(10**9):
        wait = began + number / FORGED_A_SECOND - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        if turns.locked():
            turns.release()


async def _forge(base: str, turns: asyncio.Semaphore, done: dict[str, int]) -> None:
    """Send forged requests on one connection as plain bytes, so that those who attack cost less than they ask."""
    body = b"payload=%7B%7D"
    names = "".join(f"{name}: {value}\r\n" for name, value in signed(body, "not the secret").items())
    request = (
        f"POST /slack/events HTTP/1.1\r\nHost: bench\r\n{names}Content-Length: {len(body)}\r\n\r\n".encode() + body
    )
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await _connection(base)
            try:
                while True:
                    await turns.acquire()
                    writer.write(request)
                    told = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(int(told.lower().partition(b"content-length:")[2].split(maxsplit=1)[0]))
                    done["forged"] += 1
            finally:
                writer.close()
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(_attack(sys.argv[1]))
