"""Floors of the database: a flushed append, and the ticket's own rows written with raw sqlite3."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PAGE = b"x" * 8192
COPIED = ("tickets", "events", "lanes", "outbox_messages", "requests")
Rows = dict[str, list[dict[str, Any]]]


class Flushed:
    """A file that grows by 8 kB and is flushed to the disk each time."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def append(self) -> float:
        """Seconds for one append."""
        began = time.perf_counter()
        os.write(self._file, PAGE)
        os.fdatasync(self._file)
        return time.perf_counter() - began

    def close(self) -> None:
        os.close(self._file)


@contextmanager
def raw(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection with the bot's own pragmas."""
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    try:
        yield connection
    finally:
        connection.close()


class RawTicket:
    """Writes again, under new ids, exactly the rows that one ticket of the bot consists of."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows = rows_of_last_ticket(connection)
        self._number = 1_000_000

    @property
    def statements(self) -> int:
        return sum(map(len, self._rows.values())) + 3  # and BEGIN, the phase's number, COMMIT

    def write(self) -> None:
        """One transaction."""
        self._number += 1
        connection, number = self._connection, self._number
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE phases SET last_number = last_number + 1 RETURNING last_number").fetchone()
        for row in self._rows["requests"]:
            self._insert("requests", {**row, "key": f"view:raw{number}"})
        for row in self._rows["tickets"]:
            ticket = self._insert("tickets", {**row, "number": number})
        for row in self._rows["events"]:
            self._insert("events", {**row, "ticket_id": ticket})
        for lane, message in zip(self._rows["lanes"], self._rows["outbox_messages"], strict=True):
            made = self._insert("lanes", {**lane, "name": f"{lane['name']}:{number}", "ticket_id": ticket})
            self._insert("outbox_messages", {**message, "lane_id": made})
        connection.execute("COMMIT")

    def _insert(self, table: str, row: dict[str, Any]) -> int | None:
        marks = ",".join("?" * len(row))
        statement = f"INSERT INTO {table} ({','.join(row)}) VALUES ({marks})"
        return self._connection.execute(statement, tuple(row.values())).lastrowid


def rows_of_last_ticket(connection: sqlite3.Connection) -> Rows:
    """The rows of the newest ticket, without their ids; the newest request is its."""
    ticket = connection.execute("SELECT max(id) FROM tickets").fetchone()[0]
    where = {
        "tickets": "id = ?", "events": "ticket_id = ?", "lanes": "ticket_id = ? ORDER BY id",
        "outbox_messages": "lane_id IN (SELECT id FROM lanes WHERE ticket_id = ?) ORDER BY lane_id",
        "requests": "? > 0 ORDER BY at DESC LIMIT 1",
    }  # fmt: skip
    return {table: _select(connection, f"SELECT * FROM {table} WHERE {where[table]}", [ticket]) for table in COPIED}


def _select(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    found = connection.execute(statement, values)
    names = [column[0] for column in found.description]
    return [{k: v for k, v in zip(names, row, strict=True) if k != "id"} for row in found]
