"""The store: one engine, one writer on SQLite, and transactions that hand out the rooms' tables."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import Repeated
from storage import workings
from storage.affected import Affected
from storage.answers import Answers
from storage.archive import Archive
from storage.audit import Audit
from storage.backlog import Backlogs
from storage.buckets import Buckets
from storage.cohorts import Cohorts
from storage.covers import Covers
from storage.engine import open_engine
from storage.escalations import Escalations
from storage.feeds import Feeds
from storage.homes import Homes
from storage.listen import CHANNEL, TIMED
from storage.lists import Lists
from storage.milestones import Milestones
from storage.outbox import Outbox
from storage.patterns import Patterns
from storage.people import People
from storage.phases import Phases
from storage.post import Post
from storage.readings import Readings
from storage.replicas import Replicas
from storage.retention import Retention
from storage.seals import Seals
from storage.tickets import Tickets
from storage.timers import Timers
from storage.views import Views
from storage.waves import Waves

# What a locked, full or unreachable database raises; a broken rule of ours raises something else.
StoreFailure = (OperationalError, InterfaceError, InternalError, PoolTimeout)
Unusable = (*StoreFailure, DatabaseError)  # at the start: also a file that is no database, or one we may not read
ONCE_POSTGRESQL = postgresql.insert(workings.requests).on_conflict_do_nothing().returning(workings.requests.c.key)
ONCE_SQLITE = sqlite.insert(workings.requests).on_conflict_do_nothing().returning(workings.requests.c.key)
PATIENT = text("SET LOCAL statement_timeout = 0")
NOTIFY = text("SELECT pg_notify(:channel, :news)")


class Tx:
    """One transaction and the rooms that take part in it."""

    def __init__(self, connection: Connection, me: str) -> None:
        self.connection = connection
        self._me = me
        self.last: dict[str, Callable[[], None]] = {}  # what is done at the end, by what it is about; each once

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(self.connection)

    @cached_property
    def affected(self) -> Affected:
        return Affected(self.connection)

    @cached_property
    def seals(self) -> Seals:
        return Seals(self.connection)

    @cached_property
    def waves(self) -> Waves:
        return Waves(self.connection)

    @cached_property
    def answers(self) -> Answers:
        return Answers(self.connection)

    @cached_property
    def backlogs(self) -> Backlogs:
        return Backlogs(self.connection)

    @cached_property
    def cohorts(self) -> Cohorts:
        return Cohorts(self.connection)

    @cached_property
    def milestones(self) -> Milestones:
        return Milestones(self.connection)

    @cached_property
    def patterns(self) -> Patterns:
        return Patterns(self.connection)

    @cached_property
    def readings(self) -> Readings:
        return Readings(self.connection)

    @cached_property
    def phases(self) -> Phases:
        return Phases(self.connection)

    @cached_property
    def lists(self) -> Lists:
        return Lists(self.connection)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.connection)

    @cached_property
    def people(self) -> People:
        return People(self.connection)

    @cached_property
    def retention(self) -> Retention:
        return Retention(self.connection)

    @cached_property
    def views(self) -> Views:
        return Views(self.connection)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.connection)

    @cached_property
    def post(self) -> Post:
        return Post(self.connection, self._me)

    @cached_property
    def archive(self) -> Archive:
        return Archive(self.connection)

    @cached_property
    def buckets(self) -> Buckets:
        return Buckets(self.connection)

    @cached_property
    def replicas(self) -> Replicas:
        return Replicas(self.connection)

    @cached_property
    def timers(self) -> Timers:
        return Timers(self.connection)

    @cached_property
    def escalations(self) -> Escalations:
        return Escalations(self.connection)

    @cached_property
    def feeds(self) -> Feeds:
        return Feeds(self.connection)

    @cached_property
    def covers(self) -> Covers:
        return Covers(self.connection)

    @cached_property
    def homes(self) -> Homes:
        return Homes(self.connection)

    def once(self, key: str, at: datetime) -> None:
        """Remember a request; Repeated when it was carried out before. A rolled-back one may come again."""
        statement = ONCE_POSTGRESQL if self.connection.dialect.name == "postgresql" else ONCE_SQLITE
        if self.connection.scalar(statement, {"key": key[:300], "at": at}) is None:
            raise Repeated(key)

    def be_patient(self) -> None:
        """Let statements take as long as they take, until the end of this transaction."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(PATIENT)

    @property
    def timed(self) -> bool:
        """Whether the clocks have to look again."""
        return "timers" in self.__dict__ and self.timers.changed  # where cached properties live once they were used

    def tell(self) -> None:
        """Let the other processes hear of new letters and timers, with the commit."""
        if self.connection.dialect.name != "postgresql":
            return
        if self.timed or ("outbox" in self.__dict__ and self.outbox.spoke):
            self.connection.execute(NOTIFY, {"channel": CHANNEL, "news": f"{self._me} {TIMED if self.timed else ''}"})


class Store:
    """A database by URL: `sqlite:///hypercare.db` or `postgresql://…`. `me` names this process among its replicas."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self.me = uuid.uuid4().hex
        self._writer = threading.Lock() if self.is_sqlite else None
        # PostgreSQL sees another moment at each statement unless it is told not to; SQLite never does.
        self._reading = {"reading": True} | ({} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"})
        self._waiting: set[object] = set()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self, *, patience: float = 0.0) -> Iterator[Tx]:
        """A writing transaction: committed at the end, rolled back on any error.

        `patience` is how many seconds to let other writers go first on SQLite, where there is only one at a time.
        """
        with self._turn(patience), self.engine.begin() as connection:
            tx = Tx(connection, self.me)
            yield tx
            tx.tell()

    @contextmanager
    def _turn(self, patience: float) -> Iterator[None]:
        # Without this lock ten writers see a p99 of 432 ms on SQLite, with it 32 ms: its busy handler is unfair.
        if self._writer is None:
            yield
            return
        until = time.monotonic() + patience
        while self._waiting and time.monotonic() < until:
            time.sleep(0.002)
        me = object()
        if not patience:
            self._waiting.add(me)  # adding to and discarding from a set are atomic
        try:
            self._writer.acquire()
        finally:
            self._waiting.discard(me)
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A reading transaction, which never waits for writers and sees one moment however many statements it has."""
        with self.engine.connect().execution_options(**self._reading) as connection:
            yield Tx(connection, self.me)

    def close(self) -> None:
        self.engine.dispose()
