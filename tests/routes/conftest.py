"""The bot in the sandbox: over Socket Mode on SQLite, and over signed HTTP on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ready
from tests.support.bot import Desk, running


@pytest.fixture(params=["socket-sqlite", "http-postgresql"])
def slack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A fresh workspace with a fresh bot; every route is walked in both shapes."""
    mode, database = request.param.split("-")
    with ready.database(request, database, tmp_path) as url, running(url, mode) as desk:
        yield desk
