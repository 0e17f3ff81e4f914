"""A transaction, which hands out the rooms' tables."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import Repeated
from storage import workings
from storage.affected import Affected
from storage.answers import Answers
from storage.archive import Archive
from storage.audit import Audit
from storage.backlog import Backlogs
from storage.baselines import Baselines
from storage.buckets import Buckets
from storage.cohorts import Cohorts
from storage.conversations import Conversations
from storage.covers import Covers
from storage.escalations import Escalations
from storage.feeds import Feeds
from storage.followers import Followers
from storage.homes import Homes
from storage.listen import CHANNEL, TIMED
from storage.lists import Lists
from storage.milestones import Milestones
from storage.mirrors import Mirrors
from storage.notes import Notes
from storage.nudges import Nudges
from storage.outbox import Outbox
from storage.patterns import Patterns
from storage.people import People
from storage.phases import Phases
from storage.post import Post
from storage.promises import Promises
from storage.readings import Readings
from storage.replicas import Replicas
from storage.retention import Retention
from storage.seals import Seals
from storage.tickets import Tickets
from storage.timers import Timers
from storage.views import Views
from storage.waves import Waves

ONCE_POSTGRESQL = postgresql.insert(workings.requests).on_conflict_do_nothing().returning(workings.requests.c.key)
ONCE_SQLITE = sqlite.insert(workings.requests).on_conflict_do_nothing().returning(workings.requests.c.key)
PATIENT = text("SET LOCAL statement_timeout = 0")
NOTIFY = text("SELECT pg_notify(:channel, :news)")
Room = TypeVar("Room")


def _room(kind: Callable[[Connection], Room]) -> cached_property[Room]:
    """One that takes part once it is asked for."""
    return cached_property(lambda tx: kind(tx.connection))


class Tx:
    """One transaction and the rooms that take part in it."""

    def __init__(self, connection: Connection, me: str) -> None:
        self.connection = connection
        self._me = me
        self.last: dict[str, Callable[[], None]] = {}  # what is done at the end, by what it is about; each once

    affected = _room(Affected)
    answers = _room(Answers)
    archive = _room(Archive)
    audit = _room(Audit)
    backlogs = _room(Backlogs)
    baselines = _room(Baselines)
    buckets = _room(Buckets)
    cohorts = _room(Cohorts)
    conversations = _room(Conversations)
    covers = _room(Covers)
    escalations = _room(Escalations)
    feeds = _room(Feeds)
    followers = _room(Followers)
    homes = _room(Homes)
    lists = _room(Lists)
    milestones = _room(Milestones)
    mirrors = _room(Mirrors)
    notes = _room(Notes)
    nudges = _room(Nudges)
    outbox = _room(Outbox)
    patterns = _room(Patterns)
    people = _room(People)
    phases = _room(Phases)
    promises = _room(Promises)
    readings = _room(Readings)
    replicas = _room(Replicas)
    retention = _room(Retention)
    seals = _room(Seals)
    tickets = _room(Tickets)
    timers = _room(Timers)
    views = _room(Views)
    waves = _room(Waves)

    @cached_property
    def post(self) -> Post:
        return Post(self.connection, self._me)

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
