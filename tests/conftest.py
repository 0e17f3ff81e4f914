"""Fixtures every test may use: both databases, and a clock that stands still until it is moved."""

import gc
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import numpy as np  # noqa: F401 - Hypothesis looks into it, which fails while a thread of the bot imports it
import pytest

from bot.database import open_store
from storage.store import Store
from tests.support import engines, memory, postgres, ready, shapes, start
from tests.support.bot import BotWorkspace, running
from tests.support.systems import Systems, connect

ALL_SHAPES, RANDOM_START = "--all-shapes", "--random-start"
# A machine that is busy is no reason for a property to fail.
hypothesis.settings.register_profile("hypercare", deadline=None)
hypothesis.settings.load_profile("hypercare")
engines.share()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(ALL_SHAPES, action="store_true", help="walk every route on each transport and each database")
    parser.addoption(RANDOM_START, action="store_true", help=f"begin at a random moment ({start.NAME}=random)")


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until all is collected: next to nothing of what is imported is garbage
    if fast := memory.folder():  # a COMMIT of SQLite waits for its disk
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(fast))
    for marker in shapes.MARKERS:
        config.addinivalue_line("markers", marker)
    if os.environ.get(start.NAME) == "random" or (config.getoption(RANDOM_START) and start.NAME not in os.environ):
        start.draw()


def pytest_sessionstart(session: pytest.Session) -> None:
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal and start.NAME in os.environ:
        terminal.write_line(f"The workspaces begin at {start.NAME}={start.moment().isoformat()}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def pytest_collection_finish() -> None:
    """What is imported stays: collecting garbage among all of that is a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def _turn(item: pytest.Item) -> int:
    return 0 if item.get_closest_marker("long") else 2 if item.get_closest_marker("late") else 1


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    made = metafunc._arg2fixturedefs.get("slack")
    if made and made[-1].func.__module__ == __name__:  # and not one of a folder's or a file's own
        every = bool(metafunc.config.getoption(ALL_SHAPES))
        metafunc.parametrize("slack", shapes.of(metafunc, every=every), indirect=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.server(in_memory=True) as url:
        yield url
        engines.close_all_kept()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hypercare.db'}"
    return postgres.new_database(request.getfixturevalue("postgres_server"), f"test{next(ready.COUNTER)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each kind of database, set up."""
    with ready.database(request, request.param, tmp_path) as url, closing(open_store(url)) as opened:
        yield opened


@pytest.fixture
def slack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BotWorkspace]:
    """A fresh workspace with a fresh bot, in a shape of tests/support/shapes.py."""
    mode, database = request.param.split("-")
    with ready.database(request, database, tmp_path) as url, running(url, mode) as app:
        yield app


@pytest.fixture
def systems(slack: BotWorkspace) -> Iterator[Systems]:
    """Other systems that the bot of `slack` knows the addresses of."""
    made = Systems()
    runner = slack.loop.run(made.start())
    connect(slack, made)
    yield made
    slack.loop.run(runner.cleanup())


class Clock:
    """Time as an argument: it moves when a test says so."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()
