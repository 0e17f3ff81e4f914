"""The table of each ticket's milestones, which lists and figures are made of."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# The milestones of each ticket with its dimensions, derived from its events; see domain/reporting/milestones.py.
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
    Column("reopened_count", Integer, nullable=False),
    Column("resolved_count", Integer, nullable=False),
    Column("minutes_to_acknowledge", Integer),
    Column("minutes_to_workaround", Integer),
    Column("minutes_to_close", Integer),
    Column("acknowledge_due_at", Utc),
    Column("acknowledge_met", Boolean),
    Column("resolve_due_at", Utc),
    Column("resolve_met", Boolean),
    Column("fix", String(12), nullable=False, server_default=""),
    Column("recurred_count", Integer, nullable=False, server_default="0"),
)  # fmt: skip
COVERED = ("private", "type", "severity")  # so that daily counts are answered by the index alone
for moment in ("opened_at", "resolved_at", "reopened_at", "closed_at", "acknowledge_due_at", "resolve_due_at"):
    there = None if moment == "opened_at" else milestones.c[moment].is_not(None)
    more = ("acknowledge_due_at",) if moment == "resolve_due_at" else ()
    Index(f"ix_milestones_{moment}", *(milestones.c[n] for n in ("phase_id", moment, *COVERED, *more)),
          sqlite_where=there, postgresql_where=there)  # fmt: skip
RECURRED = text("recurred_count > 0")  # few, and written out as an index of a part needs it
Index("ix_milestones_recurred", milestones.c.phase_id, sqlite_where=RECURRED, postgresql_where=RECURRED)
