"""The tables of operations: timers and their runs, restored backups, and the audit log."""

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, Integer, String, Table, Text, text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# Changes to settings and people: append-only.
audit = Table(
    "audit", metadata,
    Column("id", BigId, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Index("ix_audit_at", "at"),
)  # fmt: skip

# Timers: once, or recurring by a plan.
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

# The result of each occurrence: a plan's local date, or the time of a single timer. None runs twice.
timer_runs = Table(
    "timer_runs", metadata,
    Column("timer_id", BigId, ForeignKey("timers.id"), primary_key=True),
    Column("occurrence", String(32), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("due_at", Utc),
    Column("at", Utc, nullable=False),
    Column("reason", Text),
    Index("ix_timer_runs_at", "at"),
)  # fmt: skip

# Each time a backup was restored: until when it knew everything, and when that was.
restores = Table(
    "restores", metadata,
    Column("id", BigId, primary_key=True),
    Column("known_until", Utc, nullable=False),
    Column("restored_at", Utc, nullable=False),
)  # fmt: skip
