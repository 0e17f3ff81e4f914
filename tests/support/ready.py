"""Databases that are set up already: the migrations run once for all tests, and each gets a copy."""

import tempfile
from functools import cache
from pathlib import Path

import psycopg

from bot.database import open_store
from tests.support import postgres

TEMPLATE = "ready"


def sqlite(file: Path) -> str:
    """The URL of a new SQLite file there."""
    file.write_bytes(_file())
    return f"sqlite:///{file}"


def postgresql(server: str, name: str) -> str:
    """The URL of a new database on that server."""
    _template(server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    return postgres.url_of(server, name)


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ready.db"
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


@cache
def _template(server: str) -> None:
    open_store(postgres.new_database(server, TEMPLATE)).close()
