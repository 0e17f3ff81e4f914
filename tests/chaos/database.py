"""The database that all replicas share, and how it goes away for a moment."""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support import postgres

AWAY = 1.0  # seconds for which SQLite's file is held
NAME = "chaos"


@dataclass(frozen=True)
class Database:
    """`restart` makes it unusable for a moment."""

    url: str
    restart: Callable[[], None]


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Database]:
    if kind == "sqlite":
        path = folder / "hypercare.db"
        yield Database(f"sqlite:///{path}", lambda: _hold(path))
    elif given := os.environ.get(postgres.GIVEN):
        server = given.rstrip("/")
        yield Database(postgres.new_database(server, NAME), lambda: _hang_up(server))
    else:
        with _own_server() as found:
            yield found


def _hold(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(AWAY)
        connection.execute("ROLLBACK")


def _hang_up(server: str) -> None:
    """A server of others can't be restarted, so only the connections to our database are cut."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [postgres.own(NAME)]
        )


@contextmanager
def _own_server() -> Iterator[Database]:
    """As tests.support.postgres does it, but kept at hand to be restarted."""
    folder = Path(tempfile.mkdtemp(prefix="hcchaos-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        programs, data = postgres._programs(folder), folder / "data"
        data.mkdir()
        user = postgres._unprivileged(data)
        control = [programs / "pg_ctl", "-D", data, "-w"]
        # Processes die here and not the machine, so nothing has to reach the disk.
        options = f"-k {data} -c listen_addresses='' -c fsync=off -c max_connections=200"
        make = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        postgres._run(make, user)
        postgres._run([*control, "-l", data / "log", "-o", options, "start"], user)
        try:
            url = postgres.new_database(f"postgresql://postgres@/postgres?host={data}", NAME)
            again = [*control, "-l", data / "log", "-m", "fast", "restart"]
            yield Database(url, lambda: postgres._run(again, user))
        finally:
            postgres._run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
