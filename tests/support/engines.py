"""Engines that know from those before them what a statement compiles to; each test opens new ones."""

import contextlib
from typing import Any, LiteralString, Self

import psycopg
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect, Engine, default
from sqlalchemy.util import LRUCache

import storage.database.engine
from tests.support.changes import notice

create_engine = storage.database.engine.create_engine


class _Once(default.DefaultDialect):
    """The one dialect of its kind in this process, as what is compiled is kept by dialect."""

    made: Self
    is_made = is_ready = False

    def __new__(cls, **_given: Any) -> Self:
        if "made" not in cls.__dict__:
            cls.made = super().__new__(cls)
        return cls.made

    def __init__(self, **given: Any) -> None:
        if not self.is_made:
            super().__init__(**given)
            self.is_made = True

    def initialize(self, connection: Connection) -> None:
        """Asks the first database what it can do; the others are of the same kind."""
        if not self.is_ready:
            super().initialize(connection)
            self.is_ready = True


class _SQLite(_Once, SQLiteDialect_pysqlite):
    supports_statement_cache = True


class _PostgreSQL(_Once, PGDialect_psycopg):
    """Keeps connections from test to test: to a new one the server has to plan every statement anew."""

    supports_statement_cache = True

    def connect(self, *given: Any, **more: Any) -> Any:
        kept = KEPT.get(str(more.get("dbname")), [])
        while kept:
            with contextlib.suppress(IndexError):  # another thread may be faster
                if not (connection := kept.pop()).closed:
                    return connection
        return super().connect(*given, **more)

    def do_close(self, dbapi_connection: Any) -> None:
        kept = None if dbapi_connection.closed else KEPT.get(dbapi_connection.info.dbname)
        with contextlib.suppress(psycopg.Error):
            if kept is not None:
                dbapi_connection.rollback()
                dbapi_connection.execute(AS_NEW)
                dbapi_connection.commit()
                kept.append(dbapi_connection)
                return
        dbapi_connection.close()

    def do_terminate(self, dbapi_connection: Any) -> None:
        dbapi_connection.close()


def keep(name: str) -> None:
    """From now on, the connections to that database."""
    KEPT.setdefault(name, [])


def kept_processes(name: str) -> list[int]:
    """The server's processes that wait for the next test of that database."""
    return [connection.info.backend_pid for connection in KEPT[name] if not connection.closed]


def keeper(url: str, name: str, first: LiteralString) -> psycopg.Connection[Any]:
    """A connection to that database that stays from test to test, on which that was executed first."""
    if name not in KEEPERS:
        KEEPERS[name] = psycopg.connect(url, autocommit=True)
        KEEPERS[name].execute(first)
    return KEEPERS[name]


def close_kept(name: str) -> None:
    for connection in (*KEPT.pop(name, []), KEEPERS.pop(name)):
        connection.close()


def close_all_kept() -> None:
    for name in [*KEEPERS]:
        close_kept(name)


AS_NEW = "UNLISTEN *; SELECT pg_advisory_unlock_all(); RESET ALL"
KEPT: dict[str, list[psycopg.Connection[Any]]] = {}  # by database
KEEPERS: dict[str, psycopg.Connection[Any]] = {}
DIALECTS: dict[str, type[Dialect]] = {"sqlite": _SQLite, "postgresql": _PostgreSQL}
COMPILED = {name: LRUCache[Any, Any](2000) for name in DIALECTS}


def share() -> None:
    """From now on, in this process."""
    SQLiteDialect_pysqlite.get_dialect_cls = classmethod(lambda _cls, _url: _SQLite)  # type: ignore[method-assign,assignment]
    PGDialect_psycopg.get_dialect_cls = classmethod(lambda _cls, _url: _PostgreSQL)  # type: ignore[method-assign,assignment]
    storage.database.engine.create_engine = _create


def _create(*given: Any, **more: Any) -> Engine:
    engine = create_engine(*given, **more)
    engine._compiled_cache = COMPILED[engine.dialect.name]
    notice(engine)
    return engine
