"""The bot of the bench, which says at SIGUSR1 where its time went so far: in a request by step, elsewhere by thread.

A span is a step of the thread that takes it, without the steps inside it. Its processor time hardly depends on who
else uses the processors; its seconds do. Nothing of the bot knows of this: its functions are wrapped from here.
"""

import functools
import importlib
import json
import os
import pkgutil
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import slack_bolt
import sqlalchemy

import bot.views
from storage.store import Store

BOLT, HANDLER, STATEMENTS, RENDERING = "Bolt", "rules and services", "statements", "rendering"
COMMIT, WAITING, THERE, BACK = "COMMIT and flush", "waiting for the writer", "to its thread", "back to the event loop"
PATH = "BENCH_SPANS"  # in the environment: where to write
ACTOR = ("contextlib.py", "spans.py", "context.py", "store.py")  # files between a transaction and who began it


class Spans:
    """Seconds and processor seconds of each step, and seconds for which each function held SQLite's writer."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.processor: defaultdict[str, float] = defaultdict(float)
        self.times: defaultdict[str, float] = defaultdict(float)
        self.held: defaultdict[str, float] = defaultdict(float)
        self._inside = threading.local()

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        inner: list[list[float]] = self._inside.__dict__.setdefault("open", [])
        began, processor = time.perf_counter(), time.thread_time()
        inner.append([0.0, 0.0])
        try:
            yield
        finally:
            took, used = time.perf_counter() - began, time.thread_time() - processor
            seconds, spent = inner.pop()
            self.note(name, took - seconds, used - spent)
            if inner:
                inner[-1][0] += took
                inner[-1][1] += used

    def note(self, name: str, seconds: float, processor: float = 0.0) -> None:
        name = f"{threading.current_thread().name.partition('_')[0]}: {name}"
        self.seconds[name] += seconds
        self.processor[name] += processor
        self.times[name] += 1

    def wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*given: Any, **more: Any) -> Any:
            with self.span(name):
                return function(*given, **more)

        return run

    def wrap(self, owner: Any, attribute: str, name: str) -> None:
        setattr(owner, attribute, self.wrapped(name, getattr(owner, attribute)))

    def write(self, *_signal: object) -> None:
        threads = defaultdict[str, float](float)
        for one in threading.enumerate():
            spent = Path(f"/proc/self/task/{one.native_id}/schedstat").read_text().split()[0]
            threads[one.name.partition("_")[0]] += int(spent) / 1e9
        said = {"seconds": self.seconds, "processor": self.processor, "times": self.times, "held": self.held,
                "threads": threads}  # fmt: skip
        path = Path(os.environ[PATH])
        path.with_suffix(".part").write_text(json.dumps(said))
        path.with_suffix(".part").rename(path)


def watch() -> Spans:
    """Wrap the steps of a request; before anything is imported that takes their functions by name."""
    spans = Spans()
    for info in pkgutil.walk_packages(bot.views.__path__, "bot.views."):
        _wrap_functions(spans, importlib.import_module(info.name))
    spans.wrap(slack_bolt.App, "dispatch", BOLT)
    for name in ("execute", "scalar", "scalars", "exec_driver_sql"):
        spans.wrap(sqlalchemy.Connection, name, STATEMENTS)
    errors, inbound = importlib.import_module("handlers.errors"), importlib.import_module("bot.transport.inbound")
    spans.wrap(errors, "answer", HANDLER)
    spans.wrap(sqlalchemy.engine.default.DefaultDialect, "do_commit", COMMIT)
    _watch_writer(spans, Store)
    _watch_hand_over(spans, inbound.Inbound)
    return spans


def _wrap_functions(spans: Spans, module: ModuleType) -> None:
    for name, found in vars(module).items():
        if isinstance(found, FunctionType) and found.__module__ == module.__name__:
            setattr(module, name, spans.wrapped(RENDERING, found))


def _watch_writer(spans: Spans, store: Any) -> None:
    """Note how long each transaction waits for the writer, and for how long it holds it then."""
    turn = store._turn  # noqa: SLF001 - an instrument looks inside

    @contextmanager
    def timed(self: Any, patience: float) -> Iterator[float]:
        with turn(self, patience) as waited:
            who, began = _caller(), time.perf_counter()
            spans.note(WAITING, waited)
            yield waited
            spans.held[who] += time.perf_counter() - began

    store._turn = timed  # noqa: SLF001 - an instrument looks inside


def _watch_hand_over(spans: Spans, inbound: Any) -> None:
    """Note how long a request waits for its thread, and its answer for the event loop."""
    dispatch, run = inbound.dispatch, inbound._run  # noqa: SLF001 - an instrument looks inside
    asked: dict[int, float] = {}
    done: dict[int, float] = {}

    async def timed(self: Any, mode: str, body: Any, *given: Any, **more: Any) -> Any:
        asked[id(body)] = time.perf_counter()
        answer = await dispatch(self, mode, body, *given, **more)
        spans.note(BACK, time.perf_counter() - done.pop(id(body)))
        return answer

    def ran(self: Any, mode: str, body: Any, *given: Any) -> Any:
        spans.note(THERE, time.perf_counter() - asked.pop(id(body)))
        try:
            return run(self, mode, body, *given)
        finally:
            done[id(body)] = time.perf_counter()

    inbound.dispatch, inbound._run = timed, ran  # noqa: SLF001 - an instrument looks inside


def _caller() -> str:
    frame = sys._getframe(2)  # noqa: SLF001 - an instrument looks inside
    while frame.f_back and frame.f_code.co_filename.rsplit("/", 1)[-1] in ACTOR:
        frame = frame.f_back
    return f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_name}"


if __name__ == "__main__":
    watched = watch()
    signal.signal(signal.SIGUSR1, watched.write)
    importlib.import_module("bench.bot").main()
