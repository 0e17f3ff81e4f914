"""Gateways: lines of an access log in batches, measured against reading their JSON alone, by the processor's time."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

from bench.databases import app_on, new_database
from bench.rows import Row, interleaved, median, ms, ratio
from bot.context import AppContext
from bot.services.signals import integrations
from bot.services.signals.receiving import receive

LINES, BATCHES = 1000, 20
CONSUMERS = 8
GOAL = 20_000  # lines a second
NUMBERS = itertools.count(1)


def measure(folder: Path) -> list[Row]:
    with app_on(new_database(folder, "gateways")) as app:
        secret = integrations.add(app, "PAY", "gateway", "operator")
        return asyncio.run(_measure(app, secret))


async def _measure(app: AppContext, secret: str) -> list[Row]:
    async def lines() -> float:
        return _busy(lambda body: _deliver(app, secret, body))

    async def json_alone() -> float:
        return _busy(_read_json)

    await lines()  # endpoints are new once
    alone, used = await interleaved(json_alone, lines)
    total = LINES * BATCHES
    return [
        Row(goal="gateways", what="processor of a line in batches of 1,000, to reading its JSON", limit=8.0,
            measured=ratio(used, alone), detail=f"{_each(used)} to {_each(alone)}"),
        Row(goal="gateways", what="lines in batches of 1,000 for each second of one processor", limit=GOAL,
            at_least=True, measured=total / median(used), detail=f"{ms(median(used) / BATCHES)} a batch",
            why="the processor is slow: the ratio above does not depend on it"),
    ]  # fmt: skip


def _each(seconds: list[float]) -> str:
    return f"{1e6 * median(seconds) / (LINES * BATCHES):.1f} µs"


def batch() -> bytes:
    """So many lines as nginx writes them, with ids in their paths."""
    rows = []
    for _ in range(LINES):
        number = next(NUMBERS)
        rows.append(json.dumps({
            "time": "2026-03-02T09:00:00+00:00", "request_id": f"{number:032x}", "method": "GET",
            "uri": f"/v2/resource{'abcdefgh'[number % 8]}/{number * 7919 % 9_999_991}/part{'vwxyz'[number % 5]}",
            "status": 503 if number % 50 == 0 else 200, "request_time": (number % 300) / 1000, "upstream_status": "200",
            "consumer": f"app-{'abcdefgh'[number % CONSUMERS]}", "limit": "",
        }))  # fmt: skip
    return "\n".join(rows).encode()


def _busy(take: Callable[[bytes], None]) -> float:
    """Seconds of the processor, which others on the machine do not lengthen, until some batches are taken."""
    bodies = [batch() for _ in range(BATCHES)]
    began = time.process_time()
    for body in bodies:
        take(body)
    return time.process_time() - began


def _read_json(body: bytes) -> None:
    for line in body.splitlines():
        json.loads(line)


def _deliver(app: AppContext, secret: str, body: bytes) -> None:
    answer = receive(app, "PAY", "gateway", {"authorization": f"Bearer {secret}"}, body)
    assert answer.status == 200, answer
