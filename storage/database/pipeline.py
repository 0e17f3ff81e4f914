"""Fewer round trips to PostgreSQL: statements whose result no one waits for are sent together with the next one.

https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html. BEGIN is sent with the first statement of a transaction
and COMMIT with its last writes, so psycopg is told that its connections are in autocommit mode.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError

# Execution options. LATER and VETO, of a statement: it may be sent with the next one, and their value is called then
# with the number of rows that it changed; a VETO may raise, so it is asked before the commit. ONCE, of a connection:
# its one statement needs no transaction.
LATER, VETO, ONCE = "later", "veto", "reads_once"
QUEUE = "queue"  # of a connection, in the info of its record
SURELY_ALIVE = 1.0  # seconds after its last use in which a connection is not asked whether it still stands
BEGIN, BEGIN_READING = "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(slots=True)
class _Statement:
    words: str
    values: Any = None
    is_many: bool = False
    later: Callable[[int], None] | None = None
    may_veto: bool = False

    def send(self, cursor: "psycopg.Cursor[Any]") -> None:
        if self.is_many:
            cursor.executemany(self.words, self.values)
        else:
            cursor.execute(self.words, self.values)


@dataclass(slots=True)
class _Queue:
    """The statements of one connection that wait for the next one."""

    waiting: list[_Statement] = field(default_factory=list)
    used_at: float = field(default_factory=time.monotonic)

    def send_with(self, last: _Statement, cursor: "psycopg.Cursor[Any]") -> None:
        """Send what waits and then `last`, whose result is read from `cursor`, in one round trip."""
        waiting, self.waiting = self.waiting, []
        sent = []
        with cursor.connection.pipeline():
            for one in waiting:
                sent.append((one, psycopg.Cursor(cursor.connection)))
                one.send(sent[-1][1])
            last.send(cursor)
        for one, its in sent:
            if one.later:
                one.later(its.rowcount)


def collect(engine: Engine) -> None:
    """Have the connections of a PostgreSQL engine send statements together."""
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkout", _check)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "commit", _commit)
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "do_execute", _execute)
    event.listen(engine, "do_execute_no_params", _execute_plain)
    event.listen(engine, "do_executemany", _execute_many)


def send_waiting(connection: Connection) -> None:
    """Send what waits, so that it is known what it changed."""
    queue = _queue(connection)
    if queue and any(one.later for one in queue.waiting):
        connection.exec_driver_sql("SELECT 1")


def _queue(connection: Connection) -> _Queue | None:
    """Return the queue of a connection; None on SQLite, and while SQLAlchemy gets to know a server."""
    return (connection.connection.record_info or {}).get(QUEUE)


def _prepare(connection: "psycopg.Connection[Any]", record: Any) -> None:
    connection.autocommit = True
    record.record_info[QUEUE] = _Queue()


def _check(connection: "psycopg.Connection[Any]", record: Any, _proxy: Any) -> None:
    """Ask a connection that was idle for a while whether it still stands; when it doesn't, all are replaced."""
    if time.monotonic() - record.record_info[QUEUE].used_at >= SURELY_ALIVE:
        try:
            connection.execute("SELECT 1")
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def _note_use(_connection: object, record: Any) -> None:
    if queue := record.record_info.get(QUEUE):
        queue.waiting.clear()
        queue.used_at = time.monotonic()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(ONCE) or options.get("isolation_level") == "AUTOCOMMIT":
        return
    driver: Any = connection.connection.driver_connection
    if not driver.autocommit:  # which SQLAlchemy takes back when a connection had another isolation level
        driver.autocommit = True
    # PostgreSQL sees another moment at each statement unless it is told not to; SQLite never does.
    if queue := _queue(connection):
        queue.waiting = [_Statement(BEGIN_READING if options.get("reading") else BEGIN)]


def _commit(connection: Connection) -> None:
    queue = _queue(connection)
    if queue and queue.waiting and queue.waiting[-1].words.startswith(BEGIN):
        queue.waiting.clear()  # nothing happened
        return
    if queue and any(one.may_veto for one in queue.waiting):
        send_waiting(connection)
    connection.exec_driver_sql("COMMIT")


def _forget(connection: Connection) -> None:
    if not connection.invalidated and (queue := _queue(connection)):
        queue.waiting.clear()


def _execute(cursor: Any, words: str, values: Any, context: Any) -> bool:
    return _send(cursor, _Statement(words, values), context)


def _execute_plain(cursor: Any, words: str, context: Any) -> bool:
    return _send(cursor, _Statement(words), context)


def _execute_many(cursor: Any, words: str, values: Any, context: Any) -> bool:
    return _send(cursor, _Statement(words, values, is_many=True), context)


def _send(cursor: Any, statement: _Statement, context: Any) -> bool:
    """Send a statement with those that wait, or have it wait; return False where it is to be sent alone."""
    queue = _queue(context.root_connection)
    if queue is None:
        return False
    options = context.execution_options
    if LATER in options or VETO in options:
        statement.later, statement.may_veto = options.get(LATER) or options.get(VETO), VETO in options
        queue.waiting.append(statement)
        return True
    if not queue.waiting:
        return False
    if isinstance(cursor, psycopg.ServerCursor):  # which can't share a round trip
        queue.send_with(_Statement("SELECT 1"), psycopg.Cursor(cursor.connection))
        return False
    queue.send_with(statement, cursor)
    return True
