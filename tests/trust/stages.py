"""A world that is built once and then copied: each play begins with the same database."""

import json
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


def sqlite(file: Path, anonymous: Person = MARIA, build: Build = world.build) -> Make:
    """Build a world for that file, which is overwritten by each copy; `anonymous` reports without a name."""
    url = f"sqlite:///{file}"
    whole, ids, at = _built(anonymous, build)

    @contextmanager
    def make(fuse: Fuse) -> Iterator[World]:
        file.write_bytes(whole)
        with world.opened(BreakableStore(url, fuse), deepcopy(ids), at) as made:
            made.anonymous = anonymous
            yield made

    return make


def postgresql(server: str) -> Make:
    """Build a world on that server; a copy is dropped when it was used."""
    template, copy = postgres.own("world"), postgres.own("copy")
    ids, at = _built_on(server)

    @contextmanager
    def make(fuse: Fuse) -> Iterator[World]:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        with world.opened(BreakableStore(postgres.url_of(server, copy), fuse), deepcopy(ids), at) as made:
            yield made

    return make


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
