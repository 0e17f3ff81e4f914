"""The integrity of a database, by the check that the database itself has.

https://www.sqlite.org/pragma.html#pragma_integrity_check, https://www.postgresql.org/docs/current/amcheck.html
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from storage.store import Store

MAX_PROBLEMS = 20
INDEXES = text(
    "SELECT c.oid, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.amname = 'btree' AND i.indisvalid "
    "AND n.nspname = current_schema()"
)
TABLES = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace")


def integrity_problems(store: Store) -> Sequence[str]:
    """Return what the database finds wrong with itself, at most twenty lines; it reads all of it."""
    with store.read() as tx:
        if store.is_sqlite:
            return _sqlite_problems(tx.connection.connection.driver_connection)  # type: ignore[arg-type]
        tx.lift_timeout()
        return [*_unreadable(tx.connection)][:MAX_PROBLEMS]


def file_problems(file: Path) -> Sequence[str]:
    """Return what is wrong with a copy of our database: it is damaged, or is something else."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        problems = _sqlite_problems(connection)
        ours = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        if not problems and connection.execute(ours).fetchone() is None:
            return ["it is no database of Hypercare"]
        return problems


def _sqlite_problems(connection: sqlite3.Connection) -> Sequence[str]:
    try:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({MAX_PROBLEMS})")]
        if found == ["ok"]:
            orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(MAX_PROBLEMS)
            found = [f"row {row[1]} of {row[0]} belongs to a row of {row[2]} that is not there" for row in orphans]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return found


def _unreadable(connection: Connection) -> Iterator[str]:
    """Read every table, and check every index where the extension amcheck is installed."""
    for name in connection.scalars(TABLES).all():
        yield from _problem(connection, f'SELECT count(t.*::text) FROM "{name}" t', f"table {name}")  # noqa: S608 - our table
    if connection.scalar(text("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'")):
        for oid, name in connection.execute(INDEXES).all():
            yield from _problem(connection, f"SELECT bt_index_check({int(oid)}::regclass)", f"index {name}")


def _problem(connection: Connection, statement: str, what: str) -> Iterator[str]:
    try:
        with connection.begin_nested():
            connection.execute(text(statement))
    except DatabaseError as error:
        yield f"{what}: {str(error.orig).splitlines()[0]}"
