"""Replicas on one PostgreSQL: from a commit to the request to Slack, 100,000 timers, and timers while one is killed."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from bench.bot import KIND
from bench.databases import PHASE
from bench.processes import Bot
from bench.rows import Row, median, ms, quantile
from bench.slack import Slack
from bot.context import AppContext, utc_now
from bot.database import open_store
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.views.text import message, section
from domain.phases.settings import PhaseSettings
from storage.delivery.tables import lanes, messages
from storage.operations.tables import timer_runs, timers
from storage.store import Store
from tests.support import postgres

MESSAGES = 200
REST = 0.02  # seconds between two, so that each starts from idle
TEXT = "We have your report and will look at it. " * 8
MANY, SOME = 100_000, 1_000
WITHIN = 240  # seconds
LEASE = 20.0  # seconds; storage.replicas.LEASE
KILLS = 10


def measure(folder: Path) -> list[Row]:
    with postgres.server() as server:
        return asyncio.run(_measure(folder, server))


async def _measure(folder: Path, server: str) -> list[Row]:
    return [
        *[await _commit_latency(folder, server, count) for count in (1, 2, 4)],
        await _many_timers(folder, server),
        *await _killed(folder, server),
    ]


async def _commit_latency(folder: Path, server: str, count: int) -> Row:
    """This process commits; one of the others, which hears of it, speaks."""
    async with _fleet(folder, server, f"commit{count}", count) as (slack, store, _):
        took = []
        for number in range(MESSAGES):
            queued, committed = await asyncio.to_thread(_commit, store, number)
            while queued not in slack.web_api.arrived:
                await asyncio.sleep(0.0005)
            took.append(slack.web_api.arrived[queued] - committed)
            await asyncio.sleep(REST)
    return Row(goal="latency", what=f"commit in one process to the request from another, {count} listening, p50",
               measured=median(took) * 1000, limit=10, unit=" ms",
               detail=f"p99 {ms(quantile(took, 0.99))}, {MESSAGES} messages", why="it has two cores")  # fmt: skip


def _commit(store: Store, number: int) -> tuple[int, float]:
    with store.begin() as tx:
        lane = tx.outbox.lane(f"latency:{number}", f"C0LATENCY{number}", new=True)
        queued = tx.outbox.post(lane, message(TEXT, [section(TEXT)]), at=utc_now())
        assert queued
        message_id = queued.id
    return message_id, time.perf_counter()


async def _many_timers(folder: Path, server: str) -> Row:
    """All due at the same moment, each with a message to one channel, where Slack's pace lets few leave meanwhile."""
    async with _fleet(folder, server, "many", 3) as (_, store, _bots):
        due = utc_now() + timedelta(seconds=30)
        _plan(store, [due] * MANY, {"place": "C0ONE"})
        while (due - utc_now()).total_seconds() > 0:
            await asyncio.sleep(0.05)
        began = time.perf_counter()
        while (left := _undone(store)) and time.perf_counter() - began < WITHIN:
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - began
        wrong = _not_once(store, MANY)
    pace = f"{(MANY - left) / seconds:,.0f} a second"
    return Row(goal="timers", what=f"{MANY:,} timers due at once, three replicas: without exactly one run and message",
               measured=wrong, limit=0, detail=f"all after {seconds:.1f} s, {pace}",
               why=f"{left:,} were left after {WITHIN} s")  # fmt: skip


async def _killed(folder: Path, server: str) -> list[Row]:
    """Two replicas, and now and then one of them is killed and started again."""
    async with _fleet(folder, server, "killed", 2) as (slack, store, bots):
        start = utc_now() + timedelta(seconds=1)
        dice = random.Random(11)
        _plan(store, [start + timedelta(seconds=dice.uniform(0, 20)) for _ in range(SOME)])
        for kill in range(KILLS):
            await asyncio.sleep(dice.uniform(1, 2.5))
            slot = dice.randrange(2)
            await asyncio.to_thread(bots[slot].kill)
            bots[slot] = Bot(slack, f"again{kill}", _url(server, "killed"), limited=True, folder=folder)
        while _undone(store):
            await asyncio.sleep(0.1)
        late = sorted(_lateness(store))
        wrong = _not_once(store, SOME)
    return [
        Row(goal="G11", what=f"{SOME:,} timers, two replicas, {KILLS} times SIGKILL: without exactly one effect",
            measured=wrong, limit=0, detail=f"{len(late):,} fired", why="a claim and its effect are one transaction"),
        Row(goal="G11", what="the same: latest effect, at most the lease and 100 ms", measured=late[-1],
            limit=LEASE + 0.1, unit=" s", detail=f"p50 {ms(median(late))}, p99 {ms(quantile(late, 0.99))}",
            why="both replicas were away"),
    ]  # fmt: skip


def _plan(store: Store, moments: list[datetime], data: dict[str, str] | None = None) -> None:
    rows = [
        {"key": f"t{n}", "kind": KIND, "data": data or {}, "attempts": 0, "next_at": at} for n, at in enumerate(moments)
    ]
    with store.begin() as tx:
        tx.connection.execute(insert(timers), rows)
        tx.timers.changed = True


def _undone(store: Store) -> int:
    with store.read() as tx:
        pending = select(func.count()).where(timers.c.kind == KIND, timers.c.next_at.is_not(None))
        return tx.connection.scalar(pending) or 0


def _not_once(store: Store, count: int) -> int:
    """Timers that have another number of runs, or of messages, than one."""
    with store.read() as tx:
        fired = Counter(
            tx.connection.scalars(select(timers.c.key).join(timer_runs, timer_runs.c.timer_id == timers.c.id))
        )
        said = Counter(tx.connection.scalars(select(lanes.c.name).join(messages, messages.c.lane_id == lanes.c.id)))
    return sum(fired[f"t{n}"] != 1 or said[f"timer:t{n}"] != 1 for n in range(count))


def _lateness(store: Store) -> Iterator[float]:
    with store.read() as tx:
        for due, at in tx.connection.execute(select(timer_runs.c.due_at, messages.c.created_at)
                .join(timers, timers.c.id == timer_runs.c.timer_id)
                .join(lanes, lanes.c.name == func.concat("timer:", timers.c.key))
                .join(messages, messages.c.lane_id == lanes.c.id)):  # fmt: skip
            yield (at - due).total_seconds()


def _url(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?") if "/postgres?" in server else f"{server}/{name}"


@contextmanager
def _store(url: str) -> Iterator[Store]:
    store = open_store(url)
    phases.apply_settings(
        AppContext(features=FEATURES, store=store, now=lambda: datetime.now(UTC)), PhaseSettings.model_validate(PHASE)
    )
    try:
        yield store
    finally:
        store.close()


@asynccontextmanager
async def _fleet(
    folder: Path, server: str, name: str, count: int
) -> AsyncIterator[tuple[Slack, Store, list[Bot]]]:  # fmt: skip
    """A new database, so many bots on it, and a store of our own."""
    url = postgres.new_database(server, name)
    with _store(url) as store:
        async with Slack() as slack:
            bots = [Bot(slack, f"{name}{n}", url, limited=True, folder=folder) for n in range(count)]
            try:
                for bot in bots:
                    await bot.link()
                await asyncio.sleep(1)
                yield slack, store, bots
            finally:
                for bot in bots:
                    await asyncio.to_thread(bot.stop)
