"""The database that all replicas share, and how it goes away for a moment."""

import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg

from tests.support import postgres
from tests.support.command import Done, hypercare

AWAY, PATIENCE = 1.0, 120.0  # seconds for which SQLite's file is held, and until it can be on a busy machine
NAME, PAGE = "chaos", 4096


@dataclass(frozen=True)
class Database:
    """`restart` makes it unusable for a moment.

    While no process uses it, `restore` backs it up and puts the backup in its place; `spoiled` is between the two, with
    the file damaged, where there is a file. `writing` keeps the run itself away meanwhile.
    """

    url: str
    restart: Callable[[], None]
    restore: Callable[[Callable[[], None]], None]
    has_file: bool
    writing: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Database]:
    if kind == "sqlite":
        path = folder / "hypercare.db"
        url = f"sqlite:///{path}"
        yield Database(url, lambda: _hold(path), partial(_restore_file, url, path), has_file=True)
    elif given := os.environ.get(postgres.GIVEN):
        server = given.rstrip("/")
        url = postgres.new_database(server, NAME)
        yield Database(url, lambda: _hang_up(server), partial(_restore_copy, server, url), has_file=False)
    else:
        with _own_server() as found:
            yield found


def _hold(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(AWAY)
        connection.execute("ROLLBACK")


def _hang_up(server: str) -> None:
    """A server of others can't be restarted, so only the connections to our database are cut."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [postgres.own(NAME)]
        )


def _restore_file(url: str, path: Path, spoiled: Callable[[], None]) -> None:
    folder, backup = path.parent, path.with_name("backup.db")
    _must(hypercare(folder, "db", "backup", backup.name, database=url))
    half = path.with_name("half.db")
    half.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    if hypercare(folder, "db", "restore", half.name, database=url).returncode == 0:
        raise RuntimeError("Half a backup was restored.")
    with closing(sqlite3.connect(path)) as connection:  # or the first page would be read from there
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as opened:
        opened.write(os.urandom(PAGE))
    spoiled()
    _must(hypercare(folder, "db", "restore", backup.name, database=url))
    backup.unlink()
    for old in folder.glob(f"{path.name}.before-*"):
        old.unlink()


def _restore_copy(server: str, url: str, _spoiled: Callable[[], None]) -> None:
    """As pg_dump and pg_restore do it, but faster: its pages are beyond our reach, so nothing is damaged."""
    name, copy = postgres.own(NAME), postgres.own("backup")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{copy}"')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.execute(f'ALTER DATABASE "{copy}" RENAME TO "{name}"')
    _must(hypercare(Path(tempfile.gettempdir()), "db", "restored", database=url))


def _must(done: Done) -> None:
    if done.returncode:
        raise RuntimeError(f"{done.stdout}{done.stderr}")


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
            server = f"postgresql://postgres@/postgres?host={data}"
            url = postgres.new_database(server, NAME)
            again = [*control, "-l", data / "log", "-m", "fast", "restart"]
            restore = partial(_restore_copy, server, url)
            yield Database(url, lambda: postgres._run(again, user), restore, has_file=False)
        finally:
            postgres._run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
