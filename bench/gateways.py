"""Gateways: lines of an access log in batches, measured against reading their JSON alone."""

import asyncio
import itertools
import json
import time
from pathlib import Path

from bench.databases import app_on, new_database
from bench.rows import Row, interleaved, median, ms, ratio
from bot.context import AppContext
from bot.services.signals import doors
from bot.services.signals.receiving import receive

LINES, BATCHES = 1000, 20
CONSUMERS = 8
GOAL = 20_000  # lines a second
NUMBERS = itertools.count(1)


def measure(folder: Path) -> list[Row]:
    with app_on(new_database(folder, "gateways")) as app:
        secret = doors.open_door(app, "PAY", "gateway", "operator")
        return asyncio.run(_measure(app, secret))


async def _measure(app: AppContext, secret: str) -> list[Row]:
    used: list[float] = []  # seconds of the processor, which others on the machine do not lengthen

    async def lines() -> float:
        taken, busy = _send(app, secret)
        used.append(busy)
        return taken

    async def json_alone() -> float:
        bodies = [batch() for _ in range(BATCHES)]
        began = time.perf_counter()
        for body in bodies:
            for line in body.splitlines():
                json.loads(line)
        return time.perf_counter() - began

    alone, taken = await interleaved(json_alone, lines, rounds=3)
    total = LINES * BATCHES
    return [
        Row(goal="gateways", what="a line in batches of 1,000, to reading its JSON", limit=12.0,
            measured=ratio(taken, alone), detail=f"{total / median(taken):,.0f} lines a second"),
        Row(goal="gateways", what="lines in batches of 1,000 for each second of one processor", limit=GOAL,
            at_least=True, measured=total / median(used), detail=f"{ms(median(used) / BATCHES)} a batch",
            why="the processor is slow: the ratio above does not depend on it"),
    ]  # fmt: skip


def batch() -> bytes:
    """So many lines as nginx writes them, with ids in their paths."""
    rows = []
    for _ in range(LINES):
        number = next(NUMBERS)
        rows.append(json.dumps({
            "time": "2026-03-02T09:00:00+00:00", "request_id": f"{number:032x}", "method": "GET",
            "uri": f"/v2/resource{'abcdefgh'[number % 8]}/{number % 500 + 1000}/part{'vwxyz'[number % 5]}",
            "status": 503 if number % 50 == 0 else 200, "request_time": (number % 300) / 1000, "upstream_status": "200",
            "consumer": f"app-{'abcdefgh'[number % CONSUMERS]}", "limit": "",
        }))  # fmt: skip
    return "\n".join(rows).encode()


def _send(app: AppContext, secret: str) -> tuple[float, float]:
    """Seconds until some batches are committed, and seconds of the processor."""
    bodies = [batch() for _ in range(BATCHES)]
    began, busy = time.perf_counter(), time.process_time()
    for body in bodies:
        _deliver(app, secret, body)
    return time.perf_counter() - began, time.process_time() - busy


def _deliver(app: AppContext, secret: str, body: bytes) -> None:
    answer = receive(app, "PAY", "gateway", {"authorization": f"Bearer {secret}"}, body)
    assert answer.status == 200, answer
