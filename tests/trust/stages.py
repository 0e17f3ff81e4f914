"""A world that is built once and then copied: each play begins with the same database."""

import atexit
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from copy import deepcopy
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Integer, text

from bot.database import open_store
from domain.phases.permissions import Person
from storage.database.metadata import metadata
from storage.store import Store
from tests.support import postgres, ready
from tests.trust import world
from tests.trust.faults import BreakableStore, Fuse
from tests.trust.world import MARIA, World

# Tables of what a process knows of itself, and of how often a timer has run: a start may run one that does nothing.
OWN = {"replicas", "rate_limits", "timer_runs"}
# In which order timers were set, and how often other systems told something: another delivery counts.
NUMBERS = {"timers.id", "signal_integrations.received", "signal_alerts.times"}
ORDERS = {"outbox_messages": "lane_id, id"}  # else by id; messages of different lanes have no order
Make = Callable[[Fuse], AbstractContextManager[World]]  # opens a copy, with that fuse in its store
Rows = dict[str, list[tuple[Any, ...]]]
Build = Callable[[Store, Person], tuple[dict[str, Any], datetime]]  # returns the ids of a world, and when it stands

# Keeps what is in each table, and writes out once how to put it back.
KEEPING = """
    DO $do$
    DECLARE
        name text;
    BEGIN
        CREATE SCHEMA kept;
        CREATE TABLE kept.sequences AS SELECT * FROM pg_sequences WHERE schemaname = 'public';
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', 'table ' || name, name);
        END LOOP;
        EXECUTE (
            SELECT format('CREATE FUNCTION pg_temp.put_back() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
                SET LOCAL session_replication_role = replica; -- in any order, whatever points at what
                SET LOCAL lock_timeout = ''1s'';
                %s
                PERFORM setval(format(''%%I'', sequencename)::regclass, coalesce(last_value, start_value),
                    last_value IS NOT NULL) FROM kept.sequences; END $$',
                string_agg(format('DELETE FROM public.%1$I; INSERT INTO public.%1$I SELECT * FROM kept.%2$I;',
                    tablename, 'table ' || tablename), ' '))
            FROM pg_tables WHERE schemaname = 'public'
        );
    END $do$
"""


def sqlite(file: Path, anonymous: Person = MARIA, build: Build = world.build) -> Make:
    """Build a world in that file, which is as it was built whenever it is opened; `anonymous` has no name on it."""
    whole, ids, at = _built(anonymous, build)
    return _opening(file, whole, ids, at, anonymous)


def kept(made: World, file: Path) -> Make:
    """Keep in another file what that world is now, and open that from now on."""
    with closing(made.app.store.engine.raw_connection()) as connection:
        connection.execute("VACUUM INTO ?", [str(file)])
    ids = deepcopy({"ids": made.ids, "names": made.names})
    return _opening(file, file.read_bytes(), ids, made.app.now(), made.anonymous)


def _opening(file: Path, whole: bytes, ids: dict[str, Any], at: datetime, anonymous: Person) -> Make:
    stage = Stage(file, whole)

    @contextmanager
    def make(fuse: Fuse) -> Iterator[World]:
        made = world.standing(stage.open(fuse), deepcopy(ids), at)
        made.anonymous = anonymous
        yield made

    return make


class Stage:
    """A SQLite file that is put back to how it was while its connections stay open.

    Connections that are new have to read the schema, and to prepare every statement.
    """

    def __init__(self, file: Path, whole: bytes) -> None:
        self._file, self._whole, self._base = file, whole, file.with_suffix(".base")
        self._store: BreakableStore | None = None
        self._keeper: sqlite3.Connection | None = None
        self._schema = self._data = 0
        self._turns = list[list[tuple[str, ...]]]()

    def open(self, fuse: Fuse) -> BreakableStore:
        if self._store and self._is_put_back():
            self._store.begin_anew(fuse)
            return self._store
        self.close()
        for end in ("", "-wal", "-shm"):
            Path(f"{self._file}{end}").unlink(missing_ok=True)
        self._file.write_bytes(self._whole)
        self._base.write_bytes(self._whole)
        self._keeper = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=0,
                                       cached_statements=1000)  # fmt: skip
        self._keeper.execute("ATTACH ? AS base", [str(self._base)])
        self._schema, self._data, self._turns = self._version("schema"), self._version("data"), _turns(self._keeper)
        self._store = BreakableStore(f"sqlite:///{self._file}", fuse)
        return self._store

    def close(self) -> None:
        if self._store and self._keeper:
            self._store.close()
            self._keeper.close()
            self._store = self._keeper = None

    def __del__(self) -> None:
        """No one can open it any more, and no world is open that stands on it."""
        self.close()

    def _is_put_back(self) -> bool:
        """Return whether it could be: not if the schema was changed, as by ANALYZE, or someone is writing."""
        assert self._keeper
        if self._version("schema") != self._schema:
            return False
        if self._version("data") != self._data:  # else no other connection has committed anything
            try:
                for tables in self._turns:
                    self._keeper.execute("BEGIN IMMEDIATE")
                    for differs, *put_back in tables:
                        if self._keeper.execute(differs).fetchone()[0]:
                            for statement in put_back:
                                self._keeper.execute(statement)
                    self._keeper.execute("COMMIT")
            except sqlite3.OperationalError:
                return False
            self._data = self._version("data")
        return True

    def _version(self, of: str) -> int:
        assert self._keeper
        version: int = self._keeper.execute(f"PRAGMA main.{of}_version").fetchone()[0]
        return version


def _turns(connection: sqlite3.Connection) -> list[list[tuple[str, ...]]]:
    """Return the statements that compare and put back each table; the index of words last, as tickets write to it."""
    names = [row[0] for row in connection.execute("SELECT name FROM base.sqlite_schema WHERE type = 'table'")]
    virtual = [row[0] for row in connection.execute("SELECT name FROM base.sqlite_schema WHERE sql LIKE '%VIRTUAL%'")]
    index = [name for name in names if any(name.startswith(f"{one}_") for one in virtual)]
    others = [name for name in names if name not in (*virtual, *index)]
    return [[_putting_back(name) for name in turn] for turn in (others, index)]


def _putting_back(name: str) -> tuple[str, ...]:
    counts = f"(SELECT count(*) FROM main.{name}) <> (SELECT count(*) FROM base.{name})"
    return (
        f"SELECT {counts} OR EXISTS (SELECT * FROM main.{name} EXCEPT SELECT * FROM base.{name})",
        f"DELETE FROM main.{name}",
        f"INSERT INTO main.{name} SELECT * FROM base.{name}",
    )


class ServerStage:
    """A database on a server that is put back to how it was, with new connections that have prepared nothing."""

    def __init__(self, server: str) -> None:
        self._server, self._name = server, postgres.own("copy")
        self._store: BreakableStore | None = None
        self._keeper: psycopg.Connection[Any] | None = None
        self._columns: Any = None

    def open(self, fuse: Fuse) -> BreakableStore:
        if self._store and self._is_put_back():
            self._store.engine.dispose()
            self._store.begin_anew(fuse)
            return self._store
        self.close()
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
            template = postgres.own("world")
            connection.execute(f'CREATE DATABASE "{self._name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        url = postgres.url_of(self._server, self._name)
        self._keeper = psycopg.connect(url, autocommit=True)
        self._keeper.execute(KEEPING)
        self._columns = self._keeper.execute(ready.COLUMNS).fetchone()
        self._store = BreakableStore(url, fuse)
        return self._store

    def close(self) -> None:
        if self._store and self._keeper:
            self._store.close()
            self._keeper.close()
            self._store = self._keeper = None

    def _is_put_back(self) -> bool:
        """Return whether it could be: not if columns were changed, or while a transaction of a play is open."""
        assert self._keeper
        try:
            if self._keeper.execute(ready.COLUMNS).fetchone() != self._columns:
                return False
            self._keeper.execute("SELECT pg_temp.put_back()")
        except psycopg.Error:
            return False
        return True


def postgresql(server: str) -> Make:
    """Build a world on that server, which is as it was built whenever it is opened."""
    ids, at = _built_on(server)
    stage = _stage(server)

    @contextmanager
    def make(fuse: Fuse) -> Iterator[World]:
        yield world.standing(stage.open(fuse), deepcopy(ids), at)

    return make


@cache
def _stage(server: str) -> ServerStage:
    """The one of that server, as all of them open the same database there."""
    stage = ServerStage(server)
    atexit.register(stage.close)
    return stage


@cache
def _built(anonymous: Person, build: Build) -> tuple[bytes, dict[str, Any], datetime]:
    """Return the file of such a world, its ids and the moment at which it stands: the same in all tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.db"
        store = Store(ready.sqlite(file))
        ids, at = build(store, anonymous)
        store.close()
        return file.read_bytes(), ids, at


@cache
def _built_on(server: str) -> tuple[dict[str, Any], datetime]:
    with closing(open_store(postgres.new_database(server, "world"))) as store:
        return world.build(store)


def rows(store: Store) -> Rows:
    """Return every row of every table as the driver reads it, in the order of its number or its words."""
    with store.read() as tx, closing(tx.connection.connection.cursor()) as cursor:
        found = Rows()
        for name, statement in _reading().items():
            cursor.execute(statement)
            found[name] = [tuple(row) for row in cursor.fetchall()]
            if "id" not in metadata.tables[name].primary_key.columns:
                found[name].sort(key=repr)
        return _by_lane(found)


def _by_lane(found: Rows) -> Rows:
    """Number messages by their order in their lanes, also where others refer to them."""
    columns = [column.name for column in metadata.tables["outbox_messages"].columns]
    own, target = columns.index("id"), columns.index("target")
    numbers = {row[own]: number for number, row in enumerate(found["outbox_messages"])}
    found["outbox_messages"] = [
        (*row[:own], numbers[row[own]], *row[own + 1 : target], numbers.get(row[target]), *row[target + 1 :])
        for row in found["outbox_messages"]
    ]
    data = [column.name for column in metadata.tables["events"].columns].index("data")
    found["events"] = [(*row[:data], _renumbered(row[data], numbers), *row[data + 1 :]) for row in found["events"]]
    return found


def _renumbered(data: Any, numbers: Mapping[int, int]) -> Any:
    """Return the data of an event with the number of the message that it names."""
    said = json.loads(data) if isinstance(data, str) else data
    return said | {"message": numbers.get(int(said["message"]))} if "message" in said else said


def difference(one: Rows, other: Rows) -> list[str]:
    """Return where two databases differ: `table: rows`, or `table.column`."""
    found = list[str]()
    for name in one:
        if one[name] == other[name]:
            continue
        if len(one[name]) != len(other[name]):
            found.append(f"{name}: {len(other[name])} rows, not {len(one[name])}")
            continue
        columns = [column.name for column in metadata.tables[name].columns]
        pairs = zip(one[name], other[name], strict=True)
        differ = {columns[n] for a, b in pairs for n, (x, y) in enumerate(zip(a, b, strict=True)) if x != y}
        found += [f"{name}.{column}" for column in sorted(differ)]
    return [one for one in found if one not in NUMBERS]


def recount(store: Store) -> None:
    """Give back the numbers that an undone transaction used up on PostgreSQL, so that ids can be compared."""
    if not store.is_sqlite:
        with store.engine.begin() as connection:
            connection.execute(_recounting())


@cache
def _reading() -> dict[str, str]:
    return {
        name: f"SELECT {', '.join(column.name for column in table.columns)} FROM {name}"
        + (f" ORDER BY {ORDERS.get(name, 'id')}" if "id" in table.primary_key.columns else "")
        for name, table in metadata.tables.items()
        if name not in OWN
    }


@cache
def _recounting() -> Any:
    numbered = [
        n for n, t in metadata.tables.items() if "id" in t.columns and isinstance(t.columns["id"].type, Integer)
    ]
    return text("SELECT " + ", ".join(
        f"setval(pg_get_serial_sequence('{name}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {name}), false)"
        for name in numbered
    ))  # fmt: skip
