"""Workspaces with people of every kind: an organization of two workspaces, and a channel shared with a company."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ready
from tests.support.bot import BotWorkspace, running


@pytest.fixture
def grid(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BotWorkspace]:
    """An app that is installed org-wide, and people of every kind."""
    with (
        ready.database(request, "sqlite", tmp_path) as url,
        running(url, "socket", cast={"grid": True, "connect": True}) as app,
    ):
        yield app


@pytest.fixture
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BotWorkspace]:
    """An app in one workspace without an organization, and people of every kind."""
    with (
        ready.database(request, "postgresql", tmp_path) as url,
        running(url, "http", cast={"connect": True}) as app,
    ):
        yield app
