"""Tables of decisions, and of the requests that other systems counted, for error budgets."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

decisions = Table(
    "decisions", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("kind", String(12), nullable=False),
    Column("state", String(8), nullable=False),
    Column("question", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("fired_by", String(30), nullable=False),
    Column("asked", JSON, nullable=False),  # ids of who has to decide now
    Column("due_at", Utc),
    Column("choice", Text, nullable=False),
    Column("rationale", Text, nullable=False),
    Column("decided_by", String(32), nullable=False),
    Column("decided_at", Utc),
    Column("reverses", BigId, ForeignKey("decisions.id")),
    Column("source", Text, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("done", JSON, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("opened_by", String(32), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Index("ix_decisions_phase", "phase_id", "state", "id"),
    Index("ix_decisions_ticket", "ticket_id"),
    sqlite_autoincrement=True,  # an id in a button is never given to another decision
)  # fmt: skip

# How many requests there were and how many failed, as other systems say; kept for a day.
request_counts = Table(
    "request_counts", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Index("ix_request_counts_phase", "phase_id", "at"),
)  # fmt: skip
