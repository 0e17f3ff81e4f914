"""Tables of problems, the tickets of each, and its causes."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

problems = Table(
    "problems", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("state", String(8), nullable=False),
    Column("cause_class", String(16), nullable=False),
    Column("fix", String(12), nullable=False),
    Column("resolution", Text, nullable=False),
    Column("opened_by", String(32), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("resolved_by", String(32), nullable=False),
    Column("resolved_at", Utc),
    Index("ix_problems_phase", "phase_id", "state", "id"),
    sqlite_autoincrement=True,  # an id in a button is never given to another problem
)  # fmt: skip

problem_tickets = Table(
    "problem_tickets", metadata,
    Column("problem_id", BigId, ForeignKey("problems.id"), primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), primary_key=True),
    Index("ix_problem_tickets_ticket", "ticket_id"),
)  # fmt: skip

# Append-only: the steps of the chain of whys, and contributing factors.
problem_causes = Table(
    "problem_causes", metadata,
    Column("id", BigId, primary_key=True),
    Column("problem_id", BigId, ForeignKey("problems.id"), nullable=False),
    Column("branch", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("person", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_problem_causes_problem", "problem_id", "id"),
)  # fmt: skip
