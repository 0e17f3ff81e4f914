"""Tables of actions, and of what each one waits for."""

from sqlalchemy import Column, Date, ForeignKey, Index, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

actions = Table(
    "actions", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("about", String(24), nullable=False),  # a problem or a decision, such as P3 or D2
    Column("kind", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("owner", String(32)),
    Column("due", Date, nullable=False),
    Column("state", String(8), nullable=False),
    Column("proof", String(8), nullable=False),
    Column("proof_note", Text, nullable=False),
    Column("proven_by", String(32), nullable=False),
    Column("stage", String(12), nullable=False),
    Column("made_by", String(32), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Index("ix_actions_phase", "phase_id", "state", "due"),
    Index("ix_actions_ticket", "ticket_id"),
    Index("ix_actions_owner", "owner", "state"),
    sqlite_autoincrement=True,  # an id in a button is never given to another action
)  # fmt: skip

action_needs = Table(
    "action_needs", metadata,
    Column("action_id", BigId, ForeignKey("actions.id"), primary_key=True),
    Column("needs_id", BigId, ForeignKey("actions.id"), primary_key=True),
)  # fmt: skip
