"""What the libraries in the way of a report cost alone, in processor time: with them, a report can take no less."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from slack_bolt import BoltRequest

from bench.databases import app_on, new_database
from bench.dispatch import UNKNOWN_VIEW, bolt
from bench.envelopes import submission_body
from bench.floors import RawTicket, raw
from bench.processes import Child
from bench.ticket import open_ticket
from bench.webapi import CHANNEL
from bot.context import utc_now
from bot.transport.pauses import CallPauses
from bot.transport.slack import AioSlackClient
from bot.views.text import message, section

TIMES = 200
MESSAGES = 2  # of a medium report: the card and the confirmation
TEXT = "We have your report and will look at it. " * 8


def alone(folder: Path) -> dict[str, float]:
    """Return seconds of processor a report, by library."""
    taken = {"Bolt, which finds a listener": _bolt()}
    database = new_database(folder, "alone")
    with app_on(database) as app:
        open_ticket(app)
    with raw(database) as connection:
        rows = RawTicket(connection)
        taken[f"sqlite3, {rows.statements} statements of plain SQL with COMMIT"] = _each(rows.write)
    return taken | asyncio.run(_sending())


def _bolt() -> float:
    app = bolt()
    app.view(UNKNOWN_VIEW)(lambda ack: ack())
    requests = iter([BoltRequest(mode="socket_mode", body=submission_body(UNKNOWN_VIEW)) for _ in range(2 * TIMES)])
    return _each(lambda: app.dispatch(next(requests)))


def _each(act: Callable[[], object]) -> float:
    for _ in range(TIMES):
        act()
    began = time.process_time()
    for _ in range(TIMES):
        act()
    return (time.process_time() - began) / TIMES


async def _sending() -> dict[str, float]:
    """Of this process, which only sends."""
    web_api = Child(["-m", "bench.webapi"])
    url = web_api.line()
    body = {**message(TEXT, [section(TEXT)]), "channel": CHANNEL}
    slack = AioSlackClient("xoxb-bench", url, CallPauses(utc_now))
    try:
        async with aiohttp.ClientSession() as session:

            async def bare() -> None:
                async with session.post(f"{url}chat.postMessage", json=body) as answer:
                    await answer.json()

            async def whole() -> None:
                await slack.call("chat.postMessage", body)

            found: dict[str, Callable[[], Awaitable[None]]] = {"aiohttp alone": bare, "slack_sdk and aiohttp": whole}
            taken = {}
            for name, send in found.items():
                for _ in range(TIMES):
                    await send()
                began = time.process_time()
                for _ in range(TIMES):
                    await send()
                taken[f"{name}, {MESSAGES} messages"] = MESSAGES * (time.process_time() - began) / TIMES
            return taken
    finally:
        await slack.close()
        web_api.stop()
