"""The tables of post-mortems, one a phase, and of drafts that people wait for."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

post_mortems = Table(
    "post_mortems", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False, unique=True),
    Column("texts", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("edited_by", String(32), nullable=False),
    Column("edited_at", Utc, nullable=False),
    Column("posted_at", Utc),
)  # fmt: skip

# Deleted once they are delivered.
draft_requests = Table(
    "draft_requests", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("kind", String(12), nullable=False),
    Column("person", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("taken_at", Utc),
)  # fmt: skip
