"""G13: from the commit of a message to Slack's answer, to a bare POST and one claim in the database."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.databases import app_on, new_database
from bench.floors import raw
from bench.processes import Child
from bench.rows import ROUNDS, Row, interleaved, median, ms, ratio
from bench.webapi import CHANNEL
from bot.context import AppContext, utc_now
from bot.transport.pauses import CallPauses
from bot.transport.slack import AioSlackClient
from bot.views.text import message, section
from bot.workers.dispatcher import Dispatcher
from bot.workers.message_sender import MessageSender
from domain.delivery.message import OutboxMessage

MESSAGES = 120  # a round
PAUSE = 0.01  # seconds of rest, so that each starts from idle
TEXT = "We have your report and will look at it. " * 8
CLAIM = "UPDATE outbox_messages SET state = 'sending', attempts = attempts + 1 WHERE id = ? AND state = 'waiting'"


class TimedCourier(MessageSender):
    """Says when the answer was there."""

    answered: "asyncio.Future[float]"

    async def deliver(self, queued: OutboxMessage) -> tuple[str, str | None]:
        landed = await super().deliver(queued)
        self.answered.set_result(time.perf_counter())
        return landed


class Post:
    """The bot's own dispatcher, on a loop of ours."""

    def __init__(self, app: AppContext, slack: AioSlackClient, pool: ThreadPoolExecutor) -> None:
        self._app, self._pool, self._number = app, pool, 0
        self._courier = TimedCourier(slack, app.workspace)
        self.dispatcher = Dispatcher(
            app.store, self._courier, now=utc_now, pool=pool,
            on_dead=lambda *_: None,
        )  # fmt: skip

    async def send(self) -> float:
        """Seconds from commit to answer."""
        loop = asyncio.get_running_loop()
        self._courier.answered = loop.create_future()
        committed = await loop.run_in_executor(self._pool, self._commit)
        return await asyncio.wait_for(self._courier.answered, 10) - committed

    def _commit(self) -> float:
        self._number += 1
        with self._app.store.begin() as tx:
            # A channel each, since one channel gets one message a second.
            lane = tx.outbox.lane(f"bench:{self._number}", f"C{self._number:08}")
            tx.outbox.post(lane, message(TEXT, [section(TEXT)]), at=self._app.now())
        committed = time.perf_counter()
        self.dispatcher.wake()
        return committed


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    ours, floor = new_database(folder, "messages"), new_database(folder, "claims")
    ids = _waiting_letters(floor)
    web_api = Child(["-m", "bench.webapi"])
    url = web_api.line()
    try:
        async with _dispatching(ours, url) as post, aiohttp.ClientSession() as session:
            with raw(floor) as connection:
                bare = Bare(session, f"{url}chat.postMessage", connection, ids)
                sent, posted = await interleaved(lambda: _p50(post.send), lambda: _p50(bare.send), rounds=ROUNDS)
    finally:
        web_api.stop()
    return [
        Row(goal="G13", what="commit to answer, idle p50, to a bare POST and one claim commit",
            measured=ratio(sent, posted), limit=1.5, detail=f"{ms(median(sent))} to {ms(median(posted))}",
            why="half is the claim and its commit, a third slack_sdk around the POST"),
    ]  # fmt: skip


class Bare:
    """The floor: one guarded UPDATE committed, then one POST on a kept connection."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, connection: sqlite3.Connection, ids: list[int]
    ) -> None:
        self._session, self._url, self._connection = session, url, connection
        self._body = {**message(TEXT, [section(TEXT)]), "channel": CHANNEL}
        self._ids = iter(ids)

    async def send(self) -> float:
        """Seconds for both."""
        began = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(CLAIM, (next(self._ids),))
        self._connection.execute("COMMIT")
        async with self._session.post(self._url, json=self._body) as answer:
            await answer.json()
        return time.perf_counter() - began


def _waiting_letters(database: Path) -> list[int]:
    """The ids of as many waiting messages as the floor will claim."""
    with app_on(database) as app, app.store.begin() as tx:
        lane, words = tx.outbox.lane("bench", CHANNEL), message(TEXT, [section(TEXT)])
        made = [tx.outbox.post(lane, words, at=app.now()) for _ in range(MESSAGES * ROUNDS)]
        return [queued.id for queued in made if queued is not None]


@asynccontextmanager
async def _dispatching(database: Path, url: str) -> AsyncIterator[Post]:
    slack = AioSlackClient("xoxb-bench", url, CallPauses(utc_now))
    with app_on(database) as app, ThreadPoolExecutor(2) as pool:
        post = Post(app, slack, pool)
        running = asyncio.create_task(post.dispatcher.run())
        try:
            await asyncio.sleep(0.2)
            yield post
        finally:
            await post.dispatcher.stop()
            await running
            await slack.close()


async def _p50(send: Callable[[], Awaitable[float]]) -> float:
    seconds = []
    for _ in range(MESSAGES):
        seconds.append(await send())
        await asyncio.sleep(PAUSE)
    return median(seconds)
