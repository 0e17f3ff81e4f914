"""Databases that are set up already: the migrations run once for all tests, and each gets a copy."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest

from bot.database import open_store
from tests.support import postgres

TEMPLATE = "ready"
COUNTER = itertools.count(1)


def sqlite(file: Path) -> str:
    """The URL of a new SQLite file there."""
    file.write_bytes(_file())
    return f"sqlite:///{file}"


@contextmanager
def database(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new database for a test: a SQLite file in that folder, or on the tests' PostgreSQL."""
    if kind == "sqlite":
        yield sqlite(folder / "hypercare.db")
        return
    with postgresql(request.getfixturevalue("postgres_server"), f"ready{next(COUNTER)}") as url:
        yield url


@contextmanager
def postgresql(server: str, name: str) -> Iterator[str]:
    """The URL of a new database on that server, which is gone afterwards."""
    _template(server)
    mine, drop = postgres.own(name), f'DROP DATABASE IF EXISTS "{postgres.own(name)}" WITH (FORCE)'
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop)  # one that a run before has left
        connection.execute(f'CREATE DATABASE "{mine}" TEMPLATE "{postgres.own(TEMPLATE)}"')
        try:
            yield postgres.url_of(server, mine)
        finally:
            connection.execute(drop)


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ready.db"
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


@cache
def _template(server: str) -> None:
    open_store(postgres.new_database(server, TEMPLATE)).close()
