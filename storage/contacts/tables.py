"""The table of contacts."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# A talk with users where they work. `person` is empty where only the group is known.
contacts = Table(
    "contacts", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("walker", String(32), nullable=False),
    Column("person", String(32), nullable=False),
    Column("user_group", String(75), nullable=False),
    Column("module", String(75), nullable=False),
    Column("note", Text, nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("at", Utc, nullable=False),
    Index("ix_contacts_phase", "phase_id", "at"),
    Index("ix_contacts_walker", "walker", "phase_id", "at"),
)  # fmt: skip
