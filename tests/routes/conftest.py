"""The bot in the sandbox: over Socket Mode on SQLite, and over signed HTTP on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import COUNTER
from tests.support import ready
from tests.support.bot import Desk, running


@pytest.fixture(params=["socket-sqlite", "http-postgresql"])
def slack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A fresh workspace with a fresh bot; every route is walked in both shapes."""
    mode, database = request.param.split("-")
    if database == "postgresql":
        url = ready.postgresql(request.getfixturevalue("postgres_server"), f"route{next(COUNTER)}")
    else:
        url = ready.sqlite(tmp_path / "hypercare.db")
    with running(url, mode) as desk:
        yield desk
