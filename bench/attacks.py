"""P8: how long /healthz takes while people without an account send what is costly to read."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.desks import HTTP, SQLITE, HttpDoor, database, desk, signed
from bench.processes import ahead_of_others
from bench.rows import P99, Row, ms, quantile

HEALTH = 150  # questions during an attack
AT_ONCE = 4  # attackers
MUCH = 5_000_000  # bytes
JSON = {"Content-Type": "application/json"}
Attack = tuple[bytes, dict[str, str]]


def _form(body: bytes) -> Attack:
    return body, signed(body, "not the secret")


ATTACKS: dict[str, Callable[[], Attack]] = {
    "unsigned JSON of 5 MB": lambda: (json.dumps({"a": ["x" * 40] * (MUCH // 44)}).encode(), JSON),
    "deep JSON, unsigned": lambda: (b"[" * 100_000, JSON),
    "a form of 5 MB with a false signature": lambda: _form(b"payload=" + b"%7B" * (MUCH // 3)),
    "a form of 100,000 fields": lambda: _form(b"&".join(b"a%d=1" % n for n in range(100_000))),
}


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    rows = []
    async with database(folder, SQLITE) as url, desk(folder, url, HTTP) as one, aiohttp.ClientSession() as session:
        assert isinstance(one.door, HttpDoor)
        base = one.door.base
        await health(session, base)
        with ahead_of_others(one.bot) as remark:
            idle = quantile(await health(session, base), P99)
            for name in ATTACKS:
                before, sent = one.bot.cpu(), list[int]()
                async with _attacked(base, name, sent):
                    took = quantile(await health(session, base), P99)
                each = (one.bot.cpu() - before) / max(1, sent[0])
                rows.append(Row(
                    goal="P8", what=f"/healthz p99 under {AT_ONCE} who send {name}", measured=took * 1000, limit=20,
                    unit=" ms",
                    detail=f"{ms(idle)} idle; {ms(each)} of processor for each of {sent[0]:,} requests{remark}",
                    why="the event loop reads what arrives, and this machine is shared"))  # fmt: skip
    return rows


async def health(session: aiohttp.ClientSession, base: str) -> list[float]:
    seconds = []
    for _ in range(HEALTH):
        began = time.perf_counter()
        async with session.get(f"{base}/healthz") as answer:
            await answer.read()
        seconds.append(time.perf_counter() - began)
        await asyncio.sleep(0.01)
    return seconds


@asynccontextmanager
async def _attacked(base: str, name: str, sent: list[int]) -> AsyncIterator[None]:
    """Send it again and again, from a process of its own; `sent` gets how often, at the end."""
    command = (sys.executable, "-m", "bench.attacks", base, name)
    attackers = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert attackers.stdout
    try:
        await attackers.stdout.readline()  # the first was answered
        yield
    finally:
        told, _ = await attackers.communicate(b"")  # which closes its input, and so ends it
        sent.append(int(told))


async def _attack(base: str, name: str) -> None:
    """Attack from several connections until the standard input ends, and then say how often."""
    (body, headers), sent = ATTACKS[name](), [0]

    async def attacker() -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.post(f"{base}/slack/events", data=body, headers=headers) as answer:
                        await answer.read()
                except aiohttp.ClientError:
                    await asyncio.sleep(0.01)  # refused before all of it was sent
                sent[0] += 1

    tasks = [asyncio.create_task(attacker()) for _ in range(AT_ONCE)]
    while not sent[0]:
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(sent[0], flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_attack(*sys.argv[1:]))
