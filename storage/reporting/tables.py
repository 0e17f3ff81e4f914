"""The tables of reporting: milestones, readings, baselines and marked events."""

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# What a ticket's log has led to, beside what figures are told apart by; see domain/milestones.py.
milestones = Table(
    "milestones", metadata,
    Column("ticket_id", BigId, ForeignKey("tickets.id"), primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("private", Boolean, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("type", String(20), nullable=False),
    Column("module", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("acknowledged_at", Utc),
    Column("workaround_at", Utc),
    Column("resolved_at", Utc),
    Column("reopened_at", Utc),
    Column("closed_at", Utc),
    Column("reopened", Integer, nullable=False),
    Column("fixes", Integer, nullable=False),
    Column("to_acknowledge", Integer),
    Column("to_workaround", Integer),
    Column("to_close", Integer),
    Column("acknowledge_over", Utc),
    Column("acknowledge_kept", Boolean),
    Column("resolve_over", Utc),
    Column("resolve_kept", Boolean),
    Column("fix", String(12), nullable=False, server_default=""),
    Column("recurred", Integer, nullable=False, server_default="0"),
)  # fmt: skip
TOLD = ("private", "type", "severity")  # with what figures of a day ask for, so that the index answers them alone
for moment in ("opened_at", "resolved_at", "reopened_at", "closed_at", "acknowledge_over", "resolve_over"):
    there = None if moment == "opened_at" else milestones.c[moment].is_not(None)
    more = ("acknowledge_over",) if moment == "resolve_over" else ()
    Index(f"ix_milestones_{moment}", *(milestones.c[n] for n in ("phase_id", moment, *TOLD, *more)),
          sqlite_where=there, postgresql_where=there)  # fmt: skip

# What other systems, people or a file said of a day: uptime, error rate, and how it was before the go-live.
readings = Table(
    "readings", metadata,
    Column("phase_id", BigId, ForeignKey("phases.id"), primary_key=True),
    Column("metric", String(30), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", Float, nullable=False),
    Column("said_by", String(32), nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip

# What single reports of the time before the go-live came to: working minutes, or whether it was so (1) or not (0).
baselines = Table(
    "baselines", metadata,
    Column("phase_id", BigId, ForeignKey("phases.id"), primary_key=True),
    Column("metric", String(12), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", Integer, primary_key=True),
    Column("ended", Boolean, primary_key=True),
    Column("count", Integer, nullable=False),
)  # fmt: skip

# What happened to the system: deployments, batch runs, load.
marked_events = Table(
    "marked_events", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("label", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("said_by", String(32), nullable=False),
    Index("ix_marked_events_at", "phase_id", "at"),
)  # fmt: skip
