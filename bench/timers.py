"""G10 and P6: how late timers are beside APScheduler's own store, and many due at once beside a raw bulk insert."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bench.databases import app_on, new_database
from bench.floors import raw
from bench.rows import ROUNDS, Row, median, ms, ratio
from bot.context import AppContext, TimerHandler
from bot.services.operations import timers
from bot.services.registry import TIMERS
from bot.workers.clock import TimerClock
from storage.operations.timers import Timer
from storage.transaction import Transaction

COUNT, GAP = 60, 0.02  # timers in a round, and seconds between them
PENDING = 10_000  # of ours; APScheduler's store holds a tenth
AT_ONCE = 2_000
FAR = timedelta(days=300)
LATE: list[float] = []
DONE = threading.Event()
WORDS = {"text": "It is time. " * 20}


def fired(due: str) -> None:
    """What both do: note how late it is."""
    LATE.append((datetime.now(UTC) - datetime.fromisoformat(due)).total_seconds())
    if len(LATE) == COUNT:
        DONE.set()


def _ours(_app: AppContext, _tx: Transaction, timer: Timer) -> None:
    fired(timer.next_at.isoformat())


def _message(app: AppContext, tx: Transaction, timer: Timer) -> None:
    tx.outbox.post(tx.outbox.lane(f"timer:{timer.key}", "C1", new=True), WORDS, at=app.now())


def measure(folder: Path) -> list[Row]:
    TIMERS["bench"] = TimerHandler(_ours)
    return _lateness(folder)


def at_once(folder: Path) -> Row:
    """P6: many due together."""
    TIMERS["message"] = TimerHandler(_message)
    return _at_once(folder)


def _lateness(folder: Path) -> list[Row]:
    ours, theirs, worst = [], [], []
    with app_on(new_database(folder, "timers")) as app:
        with app.transaction() as tx:
            for n in range(PENDING):
                tx.timers.set_once(f"far{n}", "bench", app.now() + FAR)
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_jobstore(SQLAlchemyJobStore(url=f"sqlite:///{folder / 'jobs.db'}"))
        scheduler.start(paused=True)
        for _ in range(PENDING // 10):
            scheduler.add_job(fired, "date", run_date=datetime.now(UTC) + FAR, args=["2100-01-01"])
        scheduler.resume()
        clock = TimerClock(app)
        app.wake_clock = clock.wake
        clock.start()
        for round_ in range(ROUNDS):
            late = _round(partial(_set, app, round_))
            ours.append(median(late))
            worst.append(sorted(late)[int(len(late) * 0.99)])
            theirs.append(
                median(_round(lambda due: scheduler.add_job(fired, "date", run_date=due, args=[due.isoformat()])))
            )
        clock.stop()
        scheduler.shutdown(wait=False)
    return [
        Row(goal="G10", what="timer lateness p50, to APScheduler's with a tenth of the rows",
            measured=ratio(ours, theirs), limit=0.5,
            detail=f"{ms(median(ours))} to {ms(median(theirs))}, {PENDING:,} pending",
            why="APScheduler wakes both, and a timer of ours is a transaction"),
        Row(goal="G10", what="timer lateness p99", measured=median(worst) * 1000, limit=5, unit=" ms",
            detail=f"{COUNT} timers a round", why="the machine is shared"),
    ]  # fmt: skip


def _round(add: Callable[[datetime], object]) -> list[float]:
    LATE.clear()
    DONE.clear()
    start = datetime.now(UTC) + timedelta(seconds=1.5)
    for n in range(COUNT):
        add(start + timedelta(seconds=n * GAP))
    assert DONE.wait(30)
    return list(LATE)


def _set(app: AppContext, round_: int, due: datetime) -> None:
    with app.transaction() as tx:
        tx.timers.set_once(f"{round_}:{due.isoformat()}", "bench", due)


def _at_once(folder: Path) -> Row:
    ours, floor = [], []
    for round_ in range(ROUNDS):
        database = new_database(folder, f"burst{round_}")
        with app_on(database) as app:
            with app.transaction() as tx:
                for n in range(AT_ONCE):
                    tx.timers.set_once(f"t{n}", "message", app.now())
            began = time.perf_counter()
            while timers.run_due(app):
                pass
            ours.append(time.perf_counter() - began)
        floor.append(_bulk(new_database(folder, f"bulk{round_}")))
    what = f"{AT_ONCE:,} timers due at once with a message each, to a raw bulk write of the same rows"
    return Row(goal="P6", what=what, measured=ratio(ours, floor), limit=3,
               detail=f"{ms(median(ours))} to {ms(median(floor))}",
               why="each timer is Python: its handler, its lane and its message")  # fmt: skip


def _bulk(database: Path) -> float:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    with raw(database) as connection:
        columns = "(id, key, kind, data, attempts, next_at)"
        connection.executemany(f"INSERT INTO timers {columns} VALUES (?, ?, 'message', '{{}}', 0, ?)",
                               [(n + 1000, f"t{n}", now) for n in range(AT_ONCE)])  # fmt: skip
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("UPDATE timers SET next_at = NULL, attempts = 0 WHERE id = ? AND next_at = ?",
                               [(n + 1000, now) for n in range(AT_ONCE)])  # fmt: skip
        connection.executemany("INSERT INTO timer_runs "
                               "(timer_id, occurrence, state, due_at, at) VALUES (?, ?, 'done', ?, ?)",
                               [(n + 1000, now, now, now) for n in range(AT_ONCE)])  # fmt: skip
        connection.executemany("INSERT INTO lanes (name, channel, place) VALUES (?, 'C1', 'C1')",
                               [(f"t{n}",) for n in range(AT_ONCE)])  # fmt: skip
        connection.executemany(
            "INSERT INTO outbox_messages (lane_id, verb, in_thread, payload, priority, bucket, state, uncertain, "
            "attempts, "
            "next_at, created_at) VALUES (?, 'post', 0, ?, 20, 'post C1', 'waiting', 0, 0, ?, ?)",
            [(n + 1, json.dumps(WORDS), now, now) for n in range(AT_ONCE)],
        )
        connection.execute("COMMIT")
        return time.perf_counter() - began
