"""G8: a digest over a million tickets, the report, exports, and what making one costs the resident process."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import text

from bench.envelopes import command
from bench.fixtures import NOW, filled
from bench.processes import Bot
from bench.rows import ROUNDS, Row, median, ms, ratio
from bench.slack import Slack, rate
from bot.services.reporting import digest
from domain.phases.phase import Phase
from storage.reporting.exports import VIEWS
from storage.reporting.milestones import BY_MOMENT, NOT_PRAISE
from storage.store import Store
from storage.transaction import Transaction
from tests.support import postgres

LARGE, SMALL = 1_000_000, 100_000
AGAIN = 6  # psycopg prepares a statement for good when it has been made so often on a connection
DAYS = """
SELECT substr(CAST({moment} AS VARCHAR), 1, 10), sum(CASE WHEN {what} THEN 1 ELSE 0 END)
FROM milestones WHERE NOT private AND {moment} IS NOT NULL GROUP BY 1
"""
NAIVE = """
SELECT {opened}, {resolved}, {closed}, {reopened}, {breached}, {open}, {received}, {waiting}, {late},
  min(CASE WHEN t.status = 'received' THEN t.opened_at END)
FROM milestones m JOIN tickets t ON t.id = m.ticket_id WHERE NOT m.private
"""
COUNTED = {
    "opened": "m.opened_at >= :since", "resolved": "m.resolved_at >= :since", "closed": "m.closed_at >= :since",
    "reopened": "m.reopened_at >= :since", "open": "m.closed_at IS NULL", "received": "t.status = 'received'",
    "breached": "(m.acknowledge_due_at >= :since AND m.acknowledge_due_at < :now) OR (m.resolve_due_at >= :since AND "
    "m.resolve_due_at < :now)", "waiting": "t.status = 'waiting'", "late": "t.due_at <= :now",
}  # fmt: skip


def measure(folder: Path) -> list[Row]:
    rows: list[Row] = []
    large = folder / "large.db"
    with postgres.server() as server:
        for name, urls in (
            ("SQLite", (f"sqlite:///{folder / 'small.db'}", f"sqlite:///{large}")),
            ("PostgreSQL", (postgres.new_database(server, "small"), postgres.new_database(server, "large"))),
        ):
            rows += [*_digests(name, *urls), _report(name, urls[1]), *_exports(name, urls[1], folder)]
    return [*rows, asyncio.run(_memory(large))]


def _digests(name: str, small: str, large: str) -> list[Row]:
    """Each digest whole: what happened since the one before, four weeks of days, what is open, and its lists."""
    few, many = filled(small, SMALL), filled(large, LARGE)
    works: dict[str, Callable[[], float]] = {
        "naive": partial(_timed, partial(_naive, many[0])), "ten": partial(_timed, partial(_ten, many[0])),
        "small": partial(_usual, partial(_digest, *few)), "large": partial(_usual, partial(_digest, *many)),
    }  # fmt: skip
    if not many[0].is_sqlite:
        works["shared"] = partial(_timed, partial(_naive, many[0], processes=3))
    times: dict[str, list[float]] = {what: [] for what in works}
    try:
        for what in ("small", "large", *ROUNDS * tuple(works)):
            times[what].append(works[what]())
    finally:
        few[0].close()
        many[0].close()
    times = {what: some[-ROUNDS:] for what, some in times.items()}  # the first digests only made statements known
    before, took, naive, ten = (ms(median(times[one])) for one in ("small", "large", "naive", "ten"))
    also = f", {ms(median(times['shared']))} with three processes on both cores" if "shared" in times else ""
    today = ratio(times["ten"], times["large"])
    return [
        Row(goal="G8", what=f"the figures of a digest from each of {LARGE:,} tickets, to a digest, {name}",
            measured=ratio(times["naive"], times["large"]), limit=300, at_least=True,
            detail=f"{naive}{also} to {took}; ten figures of today alone {ten}, {today:.0f} digests",
            why="lists, promises, the rota and words of thanks are no part of the naive figures"),
        Row(goal="G8", what=f"the same digest, to one over {SMALL:,}, {name}",
            measured=ratio(times["large"], times["small"]), limit=1.3,
            detail=f"{took} to {before}", why="an index that is ten times as large"),
    ]  # fmt: skip


def _digest(store: Store, phase: Phase) -> None:
    with store.read() as tx:
        digest.digest_data(tx, phase, phase.digest_schedules[0], NOW, NOW)


def _naive(store: Store, processes: int = 1) -> None:
    """The figures of a digest, by looking at every ticket: what happened on each day, and how things stand."""
    with _patient(store, processes) as tx:
        for moment, names in BY_MOMENT:
            for which in names.values():
                day = DAYS.format(moment=moment, what=NOT_PRAISE if "begins" in which else which)
                tx.connection.execute(text(day)).all()
    _ten(store, processes)


@contextmanager
def _patient(store: Store, processes: int) -> Iterator[Transaction]:
    """So many of the database work on it, where it can have more than one; a digest has one."""
    with store.read() as tx:
        tx.lift_timeout()
        if not store.is_sqlite:
            tx.connection.execute(text(f"SET LOCAL max_parallel_workers_per_gather = {processes - 1}"))
        yield tx


def _ten(store: Store, processes: int = 1) -> None:
    """How things stand, and what happened today."""
    counted = {name: f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END)" for name, condition in COUNTED.items()}
    moments = {"since": NOW - timedelta(days=1), "now": NOW}
    plain = {name: at.replace(tzinfo=None) for name, at in moments.items()}
    given = {name: at.isoformat(" ", "microseconds") for name, at in plain.items()} if store.is_sqlite else plain
    with _patient(store, processes) as tx:
        tx.connection.execute(text(NAIVE.format(**counted)), given).all()


def _command(url: str, *words: str) -> bytes:
    """A command from its start to its end, with its modules compiled, as an installed program has them."""
    ours = ("HYPERCARE_", "PYTHONDONTWRITEBYTECODE")
    known = {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {"HYPERCARE_DATABASE": url}
    return subprocess.run([sys.executable, "-m", "bot", *words], env=known, capture_output=True, check=True).stdout


def _fastest(work: Callable[[], object]) -> float:
    """Of three: whatever else the machine does can only add to the seconds of one process."""
    return min(_timed(work) for _ in range(3))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _usual(work: Callable[[], object]) -> float:
    """The median of as many as it takes to prepare its statements."""
    return median([_timed(work) for _ in range(AGAIN)])


def _report(name: str, url: str) -> Row:
    """The whole command, from its start to the page."""
    size = 0

    def run() -> None:
        nonlocal size
        size = len(_command(url, "report", "PAY", "--at", NOW.isoformat()))

    took = _fastest(run)
    return Row(
        goal="report", what=f"the page of {LARGE:,} tickets, {name}", measured=took, limit=10, unit=" s",
        detail=f"{size / 1000:.0f} kB", why="every ticket is read for each side that figures have",
    )  # fmt: skip


def _exports(name: str, url: str, folder: Path) -> list[Row]:
    rows = []
    for kind in ("csv", "jsonl", "parquet"):
        out = folder / f"tickets.{kind}"
        took = _fastest(partial(_command, url, "export", "PAY", "--format", kind, "--out", str(out)))
        rows.append(Row(goal="export", what=f"tickets a second as {kind}, {name}", measured=LARGE / took, limit=50_000,
                        at_least=True, detail=f"{out.stat().st_size / 1e6:.0f} MB",
                        why=f"{len(VIEWS['tickets'].columns)} columns a row"))  # fmt: skip
        out.unlink()
    return rows


async def _memory(database: Path) -> Row:
    """Of the bot, before and after a digest was opened, and then people at a hundred of them."""
    async with Slack() as slack:
        bot = Bot(slack, "figures", database, plain=True)
        try:
            link, sizes = await bot.link(), list[float]()
            for what, count in (("list", 300), ("digest", 1), ("digest", 99)):  # until lists make it no larger
                await rate(link, partial(command, what), count, min(count, 4))
                await asyncio.sleep(1)
                sizes.append(bot.rss())
        finally:
            await asyncio.to_thread(bot.stop)
    before, one, hundred = sizes
    return Row(
        goal="G8", what="memory of the bot after a digest, to before", measured=one / before, limit=1.03,
        detail=f"{one:.1f} to {before:.1f} MB; {hundred:.1f} MB after a hundred, four at a time",
        why="pages of the database that each connection keeps",
    )  # fmt: skip
