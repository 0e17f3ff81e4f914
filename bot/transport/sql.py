"""Values from another system's database: one query, read only, with bounds on its time and its rows."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

MAX_SECONDS = 10
CONNECT_SECONDS = 5
MAX_BYTES = 1_000_000  # of a value of SQLite, which makes it in our memory
MAX_ROWS = 400  # a value a day for more than a year
STEPS = 10_000  # of SQLite's machine between two looks at the clock
READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
SESSION = (
    f"-c default_transaction_read_only=on -c statement_timeout={MAX_SECONDS}s -c lock_timeout=2s "
    "-c idle_in_transaction_session_timeout=30s -c application_name=hypercare"
)
# A server whose packets are dropped is given up after some seconds: its own limit on the query can't reach us then.
SILENCE: dict[str, Any] = {
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}  # s, s, -, ms
Rows = Sequence[tuple[Any, ...]]


class NoRows(Exception):  # noqa: N818 - it is told to an operator
    """Why a query gave no rows, as a sentence without an address or a word of the database."""


class Sources:
    """The databases that the operator has named, by name."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses

    def __call__(self, name: str, query: str) -> Rows:
        """Return the rows of a query on the database of that name; raise NoRows when there are none to use."""
        address = self._addresses.get(name.lower())
        if address is None:
            raise NoRows(f"There is no database of the name {name}. Set HYPERCARE_SOURCES__{name.upper()}.")
        return read_rows(address, query)


def read_rows(address: str, query: str) -> Rows:
    """Return the rows of one query; raise NoRows when there are none to use.

    `address` is `sqlite:///file.db` or `postgresql://…`. Only a single statement that reads is run.
    """
    try:
        found = _sqlite(address, query) if address.startswith("sqlite:") else _postgresql(address, query)
    except psycopg.OperationalError as error:
        raise NoRows(_unusable(error.sqlstate)) from None
    except (psycopg.Error, sqlite3.Error) as error:
        if "interrupted" in str(error):
            raise NoRows(f"The query took more than {MAX_SECONDS} seconds.") from None
        state = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None) or "no code"
        raise NoRows(f"The database refused the query ({type(error).__name__}, {state}). Run it by hand to see why, "
                     "and check that the account may read.") from None  # fmt: skip
    if len(found) > MAX_ROWS:
        raise NoRows(f"The query returned more than {MAX_ROWS} rows. Have it return one a day.")
    return found


def _unusable(state: str | None) -> str:
    if state == "57014":
        return f"The query took more than {MAX_SECONDS} seconds."
    return "The database could not be reached. Check its address, its account, and that it runs."


def _postgresql(address: str, query: str) -> Rows:
    """Read with a cursor of the server, which takes a single statement that changes nothing."""
    plain = f"postgresql://{address.partition('://')[2]}"
    with (
        psycopg.connect(plain, connect_timeout=CONNECT_SECONDS, options=SESSION, **SILENCE) as connection,
        connection.cursor(name="objective") as cursor,
    ):
        cursor.execute(query.encode())
        return cursor.fetchmany(MAX_ROWS + 1)


def _sqlite(address: str, query: str) -> Rows:
    path = unquote(urlsplit(address).path).removeprefix("/")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_BYTES)
        connection.set_authorizer(lambda what, *_: sqlite3.SQLITE_OK if what in READS else sqlite3.SQLITE_DENY)
        until = time.monotonic() + MAX_SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        return connection.execute(query).fetchmany(MAX_ROWS + 1)
    finally:
        connection.close()
