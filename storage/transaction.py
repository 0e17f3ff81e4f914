"""A transaction, which hands out the rooms' tables."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import Repeated
from storage.conversations.aliases import Seals
from storage.conversations.comments import Conversations
from storage.conversations.followers import Followers
from storage.conversations.mirrors import Mirrors
from storage.database.listen import CHANNEL, TIMED
from storage.delivery.archive import Archive
from storage.delivery.outbox import Outbox
from storage.delivery.queue import Post
from storage.delivery.rate_limits import Buckets
from storage.followup.notes import Notes
from storage.followup.promises import Promises
from storage.followup.reminders import Nudges
from storage.home.homes import Homes
from storage.oncall.calendar_feeds import Feeds
from storage.oncall.escalations import Escalations
from storage.oncall.overrides import Covers
from storage.operations import tables
from storage.operations.audit import Audit
from storage.operations.people import People
from storage.operations.replicas import Replicas
from storage.operations.retention import Retention
from storage.operations.timers import Timers
from storage.phases.phases import Phases
from storage.pulse.answers import Answers
from storage.pulse.waves import Waves
from storage.reporting.backlog import Backlogs
from storage.reporting.baselines import Baselines
from storage.reporting.cohorts import Cohorts
from storage.reporting.milestones import Milestones
from storage.reporting.patterns import Patterns
from storage.reporting.readings import Readings
from storage.tickets.affected import Affected
from storage.tickets.lists import Lists
from storage.tickets.saved_lists import Views
from storage.tickets.tickets import Tickets

ONCE_POSTGRESQL = postgresql.insert(tables.requests).on_conflict_do_nothing().returning(tables.requests.c.key)
ONCE_SQLITE = sqlite.insert(tables.requests).on_conflict_do_nothing().returning(tables.requests.c.key)
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
