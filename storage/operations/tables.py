"""The tables of what keeps the desk going: letters and their lanes, pace, processes, timers, and requests."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    literal_column,
    text,
)

from storage.database.columns import Utc
from storage.tickets.tables import BigId, metadata

lanes = Table(
    "lanes", metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("channel", String(32), nullable=False),
    Column("place", String(32), nullable=False, server_default=""),
    Column("thread_ts", String(32)),
    Column("person", String(32)),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("dead", Text),
    Index("ix_lanes_place", "channel", "thread_ts"),
    Index("ix_lanes_ticket", "ticket_id"),
)  # fmt: skip

letters = Table(
    "letters", metadata,
    Column("id", BigId, primary_key=True),
    Column("lane_id", BigId, ForeignKey("lanes.id"), nullable=False),
    Column("verb", String(10), nullable=False),
    Column("target", BigId, ForeignKey("letters.id")),
    Column("in_thread", Boolean, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("awaits", String(80)),
    Column("priority", Integer, nullable=False),
    Column("bucket", String(44), nullable=False, server_default=""),
    Column("state", String(10), nullable=False),
    Column("holder", String(32)),
    Column("uncertain", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("tried_at", Utc),
    Column("sent_at", Utc),
    Column("channel", String(32)),
    Column("ts", String(32)),
    Column("error", Text),
)  # fmt: skip
# SQLite uses a partial index only where a query says the very same words, so the queries use these too.
IS_WAITING = letters.c.state == literal_column("'waiting'")
IS_SENDING = letters.c.state == literal_column("'sending'")
WAITING, UNSENT = text("state = 'waiting'"), text("state IN ('waiting', 'sending')")
Index("ix_letters_lane", letters.c.lane_id, letters.c.id)
Index("ix_letters_unsent", letters.c.lane_id, letters.c.id, sqlite_where=UNSENT, postgresql_where=UNSENT)
# Everything that decides whether a letter may leave, so that a backlog of held ones is skipped within the index.
Index("ix_letters_due", letters.c.priority, letters.c.id, letters.c.bucket, letters.c.verb, letters.c.next_at,
      sqlite_where=WAITING, postgresql_where=WAITING)  # fmt: skip
Index("ix_letters_sending", letters.c.id, sqlite_where=text("state = 'sending'"),
      postgresql_where=text("state = 'sending'"))  # fmt: skip
IS_DEAD = letters.c.state == literal_column("'dead'")
Index("ix_letters_dead", letters.c.id, sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'"))
Index("ix_letters_ts", letters.c.ts, letters.c.channel, sqlite_where=letters.c.ts.is_not(None),
      postgresql_where=letters.c.ts.is_not(None))  # fmt: skip
Index("ix_letters_awaits", letters.c.awaits, sqlite_where=letters.c.awaits.is_not(None),
      postgresql_where=letters.c.awaits.is_not(None))  # fmt: skip
Index("ix_letters_target", letters.c.target, sqlite_where=letters.c.target.is_not(None),
      postgresql_where=letters.c.target.is_not(None))  # fmt: skip

# Which letter carries a person's message to the other thread, so that edits and deletions can follow.
mirrors = Table(
    "mirrors", metadata,
    Column("channel", String(32), primary_key=True),
    Column("ts", String(32), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("letter_id", BigId, ForeignKey("letters.id"), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
)  # fmt: skip

# Whose emoji is seen on a message in the other thread: it goes with the last of them.
reacted = Table(
    "reacted", metadata,
    Column("channel", String(32), primary_key=True),
    Column("ts", String(32), primary_key=True),
    Column("emoji", String(100), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
)  # fmt: skip

# Requests already carried out; a second delivery finds its key here.
requests = Table(
    "requests", metadata,
    Column("key", String(300), primary_key=True),
    Column("at", Utc, nullable=False),
    Index("ix_requests_at", "at"),
)  # fmt: skip

# Who has opened the App Home, and when: theirs is kept fresh.
homes = Table(
    "homes", metadata,
    Column("person", String(32), primary_key=True),
    Column("seen_at", Utc, nullable=False),
)  # fmt: skip

# The pace Slack allows, shared by every process: one token bucket a row.
buckets = Table(
    "buckets", metadata,
    Column("key", String(44), primary_key=True),
    Column("full_at", Utc, nullable=False),
    Column("free_at", Utc, nullable=False),
    Index("ix_buckets_free_at", "free_at"),
)  # fmt: skip

# The processes at work. One that does not say so any more has lost what it held.
replicas = Table(
    "replicas", metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", String(20), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("alive_until", DateTime, nullable=False),
)  # fmt: skip

# Everything that happens by the clock: once, or again and again by a plan.
timers = Table(
    "timers", metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(80), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("data", JSON, nullable=False),
    Column("plan", JSON),
    Column("pending", Date),
    Column("next_at", Utc),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
)  # fmt: skip
PENDING = text("next_at IS NOT NULL")
Index("ix_timers_next_at", timers.c.next_at, timers.c.id, sqlite_where=PENDING, postgresql_where=PENDING)

# What became of each occurrence: a plan's local date, or the moment of a single one. None happens twice.
runs = Table(
    "runs", metadata,
    Column("timer_id", BigId, ForeignKey("timers.id"), primary_key=True),
    Column("occurrence", String(32), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("due_at", Utc),
    Column("at", Utc, nullable=False),
    Column("reason", Text),
    Index("ix_runs_at", "at"),
)  # fmt: skip
