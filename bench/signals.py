"""Signals: alerts of monitoring systems, measured against a report of a person and beside reports."""

import asyncio
import itertools
import json
import threading
import time
from pathlib import Path

from bench.databases import app_on, new_database
from bench.rows import Row, interleaved, median, ms, ratio
from bench.ticket import open_ticket
from bot.context import AppContext
from bot.services.signals import integrations
from bot.services.signals.receiving import receive

AT_ONCE, ALONE, REPORTS = 1000, 50, 30
NAMES = itertools.count(1)


def measure(folder: Path) -> list[Row]:
    with app_on(new_database(folder, "signals")) as app:
        secret = integrations.add(app, "PAY", "generic", "operator")
        return asyncio.run(_measure(app, secret))


async def _measure(app: AppContext, secret: str) -> list[Row]:
    async def at_once() -> float:
        return _send(app, secret, AT_ONCE)

    async def idle() -> float:
        return median(_reports(app))

    async def beside_alerts() -> float:
        stop = threading.Event()
        sender = threading.Thread(target=_until, args=(stop, app, secret))
        sender.start()
        try:
            return median(_reports(app))
        finally:
            stop.set()
            sender.join()

    async def alone() -> float:
        return median([_send(app, secret, 1) for _ in range(ALONE)])

    idles, storms, singles, busy = await interleaved(idle, at_once, alone, beside_alerts, rounds=3)
    return [
        Row(goal="signals", what="an alert in a request of 1,000, to a report", limit=0.2,
            measured=ratio([one / AT_ONCE for one in storms], idles), detail=f"{median(storms):.2f} s in all"),
        Row(goal="signals", what="an alert in a request of its own, to a report", limit=1.5,
            measured=ratio(singles, idles), detail=f"{ms(median(singles))} to {ms(median(idles))}"),
        Row(goal="signals", what="a report while alerts come without a pause, to an idle one", limit=2.0,
            measured=ratio(busy, idles), detail=f"{ms(median(busy))} to {ms(median(idles))}",
            why="SQLite has one writer, and both run Python in one process"),
    ]  # fmt: skip


def _send(app: AppContext, secret: str, count: int) -> float:
    """Seconds until a request with so many new alerts is committed."""
    body = json.dumps([{"key": f"alert {next(NAMES)}", "severity": "high"} for _ in range(count)]).encode()
    began = time.perf_counter()
    answer = receive(app, "PAY", "generic", {"authorization": f"Bearer {secret}"}, body)
    assert answer.status == 200, answer
    return time.perf_counter() - began


def _until(stop: threading.Event, app: AppContext, secret: str) -> None:
    while not stop.is_set():
        _send(app, secret, 1)


def _reports(app: AppContext) -> list[float]:
    """Seconds that each of some reports takes."""
    taken = []
    for _ in range(REPORTS):
        began = time.perf_counter()
        open_ticket(app)
        taken.append(time.perf_counter() - began)
    return taken
