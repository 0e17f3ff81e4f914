"""Tables of automation: what rules did, and what people follow."""

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# Each time a rule fitted a ticket: what it did, or why it was held back.
rule_runs = Table(
    "rule_runs", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("rule", String(30), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("occasion", String(10), nullable=False),
    Column("at", Utc, nullable=False),
    Column("steps", JSON, nullable=False),  # what was done
    Column("held", String(10), nullable=False),  # why nothing was done, or empty
    Index("ix_rule_runs_rule", "phase_id", "rule", "at"),
    Index("ix_rule_runs_ticket", "ticket_id", "rule"),
)  # fmt: skip

# What a person follows in a phase: a module, a process or a word.
topics = Table(
    "topics", metadata,
    Column("phase_id", BigId, ForeignKey("phases.id"), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("value", String(75), primary_key=True),
    Column("at", Utc, nullable=False),
)  # fmt: skip
