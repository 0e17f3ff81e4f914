"""Engines that know from those before them what a statement compiles to; each test opens new ones."""

from typing import Any, Self

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
    supports_statement_cache = True


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
