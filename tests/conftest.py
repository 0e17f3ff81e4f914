"""Fixtures every test may use: both databases, and a clock that stands still until it is moved."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.database import open_store
from storage.store import Store
from tests.support import postgres, ready
from tests.support.bot import BotWorkspace, running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.server(in_memory=True) as url:
        yield url


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


@pytest.fixture(params=["socket-sqlite", "http-postgresql"])
def slack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BotWorkspace]:
    """A fresh workspace with a fresh bot; every route is walked in both shapes."""
    mode, database = request.param.split("-")
    with ready.database(request, database, tmp_path) as url, running(url, mode) as app:
        yield app


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
