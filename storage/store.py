"""The store: one engine, and one writer at a time on SQLite."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.database.engine import open_engine
from storage.database.failures import DatabaseDamaged, mendable_failure
from storage.database.outage import Outage
from storage.database.pending import OPTION, PendingWrites
from storage.database.pipeline import ONCE
from storage.transaction import Transaction

# Errors of a locked, full or unreachable database, not of a violated constraint.
StoreFailure = (OperationalError, InterfaceError, InternalError, PoolTimeout)
DatabaseUnusable = (
    *StoreFailure,
    DatabaseError,
)  # at the start: also a file that is no database, or one we may not read


class Store:
    """A database by URL: `sqlite:///hypercare.db` or `postgresql://…`. `me` names this process among its replicas."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self.me = uuid.uuid4().hex
        self._writer = threading.Lock() if self.is_sqlite else None
        self._waiting: set[object] = set()
        self._outage = Outage()
        self.trouble = ""  # what an operator has to mend, since the last time that something could be saved
        self.untold: list[str] = []  # of that, what the leads have not been told
        event.listen(self.engine, "handle_error", self._notice)

    def _notice(self, context: Any) -> None:
        """Remember a failure that does not end by itself."""
        kind = mendable_failure(context.original_exception)
        if kind is not None:
            self.trouble = kind.sentence
            if kind.sentence not in self.untold:
                self.untold.append(kind.sentence)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self, *, patience: float = 0.0) -> Iterator[Transaction]:
        """Open a writing transaction: committed at the end, rolled back on any error.

        `patience` is how many seconds to let other writers go first on SQLite, where there is only one at a time.
        """
        with (
            self._noted(),
            self._turn(patience) as waited,
            self.engine.connect().execution_options(waited=waited, **{OPTION: PendingWrites()}) as connection,
            connection.begin(),
        ):
            tx = Transaction(connection, self.me)
            yield tx
            if connection.in_transaction():
                tx.write_pending(last=True)
                tx.notify()
        if self.trouble and self.trouble != DatabaseDamaged.sentence:  # that one stays until an operator has looked
            self.trouble = ""

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Note whether the database could be used."""
        try:
            yield
        except StoreFailure as error:
            self._outage.note_failure(error)
            raise
        self._outage.note_success()

    @contextmanager
    def _turn(self, patience: float) -> Iterator[float]:
        """Hold the lock of the single writer; yields the seconds it waited."""
        # Without this lock ten writers see a p99 of 432 ms on SQLite, with it 32 ms: its busy handler is unfair.
        if self._writer is None:
            yield 0.0
            return
        until = time.monotonic() + patience
        while self._waiting and time.monotonic() < until:
            time.sleep(0.002)
        me, since = object(), time.monotonic()
        if not patience:
            self._waiting.add(me)  # adding to and discarding from a set are atomic
        try:
            self._writer.acquire()
        finally:
            self._waiting.discard(me)
        try:
            yield time.monotonic() - since
        finally:
            self._writer.release()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a read-only transaction with one snapshot, which never waits for writers."""
        with self._noted(), self.engine.connect().execution_options(reading=True) as connection:
            yield Transaction(connection, self.me)
            if not self.is_sqlite:
                connection.commit()  # of nothing: psycopg forgets its prepared statements at a rollback

    @contextmanager
    def read_once(self) -> Iterator[Transaction]:
        """Open what runs a single statement that reads, which sees one moment without a transaction."""
        once = {"reading": True, ONCE: True}
        with self._noted(), self.engine.connect().execution_options(**once) as connection:
            yield Transaction(connection, self.me)

    def close(self) -> None:
        self.engine.dispose()
