"""Databases that are set up already: the migrations run once for all tests, and each gets a copy."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psycopg
import pytest

from bot.database import open_store
from tests.support import engines, postgres

TEMPLATE = "ready"
KINDS = ("sqlite", "postgresql")
COUNTER = itertools.count(1)
ALONE = """
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)
"""
COLUMNS = """
    SELECT string_agg(format('%s.%s', attrelid::regclass, attname), ' ' ORDER BY attrelid::regclass::text, attnum)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
"""
# Written out once a connection, so that the server plans each of its statements once.
EMPTYING = """
    DO $do$
    BEGIN
        EXECUTE (
            SELECT format('CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
                SET LOCAL session_replication_role = replica; -- in any order, whatever points at what
                %s
                PERFORM setval(format(''%%I'', sequencename)::regclass, start_value, false)
                    FROM pg_sequences WHERE last_value IS NOT NULL; END $$',
                string_agg(format('DELETE FROM %I;', tablename), ' '))
            FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        );
    END $do$
"""


def sqlite(file: Path) -> str:
    """The URL of a new SQLite file there."""
    file.write_bytes(_file())
    return f"sqlite:///{file}"


def kind_of_today() -> str:
    """The database of a world that many tests share: each day the other one, or what HYPERCARE_TEST_DATABASE says."""
    return os.environ.get("HYPERCARE_TEST_DATABASE") or KINDS[datetime.now(UTC).toordinal() % len(KINDS)]


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
    """The URL of an empty database on that server; a test that is over has left it, and the next one gets it."""
    free = _free(server)
    mine = free.pop() if free else _made(server, postgres.own(name))
    engines.keep(mine)
    yield postgres.url_of(server, mine)
    if _emptied(postgres.url_of(server, mine), mine) == _template(server):
        free.append(mine)
    else:
        engines.close_kept(mine)


@cache
def _free(_server: str) -> list[str]:
    return []


def _made(server: str, name: str) -> str:
    _template(server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # one that a run before has left
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{postgres.own(TEMPLATE)}"')
    return name


def _emptied(url: str, name: str) -> str:
    """What it is made of, which a test may have changed.

    Deleting is twenty times as fast as another copy of the template, and the next test cannot tell them apart.
    """
    connection = engines.keeper(url, name, EMPTYING)
    connection.execute(ALONE, [engines.kept_processes(name)])
    try:
        connection.execute("SELECT pg_temp.empty()")
    except psycopg.Error as changed:
        return str(changed)
    return _made_of(connection)


def _made_of(connection: psycopg.Connection) -> str:
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return f"{revision}: {connection.execute(COLUMNS).fetchone()}"


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ready.db"
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


@cache
def _template(server: str) -> str:
    """Made once; what it is made of."""
    url = postgres.new_database(server, TEMPLATE)
    open_store(url).close()
    with psycopg.connect(url) as connection:
        return _made_of(connection)
