"""P6, G14: how fast waiting messages are sent, to raw aiohttp with stored bytes; none lost or doubled under SIGKILL."""

import asyncio
import json
import sqlite3
import time
from pathlib import Path

import aiohttp

from bench.databases import app_on, new_database
from bench.processes import Bot
from bench.rows import ROUNDS, Row, interleaved, median, ratio
from bench.slack import Slack
from bot.views.text import message, section

MESSAGES = 3_000  # a round, each in a channel of its own, so that Slack's pace is no part of it
AT_ONCE = 50  # as many as the dispatcher sends at the same time
TEXT = "We have your report and will look at it. " * 8
KILLS = 5


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


def share(folder: Path) -> Row:
    """P6: the rate."""
    return asyncio.run(_measured(folder))


async def _measure(folder: Path) -> list[Row]:
    async with Slack() as slack:
        wrong, kills = await _killed(slack, folder)
    return [
        Row(goal="G14", what=f"{MESSAGES:,} messages drained under {kills} SIGKILLs: lost or repeated", measured=wrong,
            limit=0, detail="counted where they arrive", why="see the log"),
    ]  # fmt: skip


async def _measured(folder: Path) -> Row:
    async with Slack() as slack, aiohttp.ClientSession() as session:
        numbers = iter(range(1000))
        ours, raw = await interleaved(
            lambda: _drain(slack, folder, f"drain{next(numbers)}"), lambda: _raw(slack, session), rounds=ROUNDS
        )
    return Row(goal="P6", what="messages drained a second, share of raw aiohttp with stored bytes",
               measured=ratio(ours, raw), limit=0.3, at_least=True,
               detail=f"{median(ours):,.0f} to {median(raw):,.0f} a second",
               why="each message is claimed, rendered, sent through slack_sdk and marked, in one interpreter",
               )  # fmt: skip


async def _drain(slack: Slack, folder: Path, name: str) -> float:
    database = new_database(folder, name)
    _fill(database)
    slack.web_api.messages.clear()
    bot = Bot(slack, name, database)
    try:
        await bot.link()
        await slack.messages_posted(1)
        began, already = time.perf_counter(), len(slack.web_api.messages)
        await slack.messages_posted(MESSAGES)
        return (MESSAGES - already) / (time.perf_counter() - began)
    finally:
        await asyncio.to_thread(bot.stop)


async def _raw(slack: Slack, session: aiohttp.ClientSession) -> float:
    body = json.dumps({**message(TEXT, [section(TEXT)]), "channel": "C1"}).encode()
    headers = {"Content-Type": "application/json"}
    todo = iter(range(MESSAGES))

    async def worker() -> None:
        for _ in todo:
            async with session.post(f"{slack.api_url}chat.postMessage", data=body, headers=headers) as answer:
                await answer.json()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return MESSAGES / (time.perf_counter() - began)


async def _killed(slack: Slack, folder: Path) -> tuple[int, int]:
    """Killed now and then while it drains; what was said, by the ids that arrived."""
    database = new_database(folder, "killed")
    _fill(database)
    said = slack.web_api.messages
    said.clear()
    kills = 0
    while len(set(said)) < MESSAGES or _unsent(database):
        bot = Bot(slack, f"killed{kills}", database)
        await bot.link()
        goal = MESSAGES * (kills + 1) // (KILLS + 1)
        while (len(set(said)) < goal or kills >= KILLS) and _unsent(database):
            await asyncio.sleep(0.005)
        if kills < KILLS and _unsent(database):
            await asyncio.to_thread(bot.kill)
            kills += 1
        else:
            await asyncio.to_thread(bot.stop)
    return MESSAGES - len(set(said)) + len(said) - len(set(said)), kills


def _fill(database: Path) -> None:
    with app_on(database) as app, app.store.begin() as tx:
        words = message(TEXT, [section(TEXT)])
        for n in range(MESSAGES):
            tx.outbox.post(tx.outbox.lane(f"drain:{n}", f"C0DRAIN{n}", new=True), words, at=app.now())


def _unsent(database: Path) -> int:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(
            connection.execute("SELECT count(*) FROM outbox_messages WHERE state IN ('waiting', 'sending')").fetchone()[
                0
            ]
        )
    finally:
        connection.close()
