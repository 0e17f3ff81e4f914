"""The tables of sessions with users, of who takes part, and of what they said."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

sessions = Table(
    "sessions", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("title", Text, nullable=False),
    Column("module", String(75), nullable=False),
    Column("process", String(75), nullable=False),
    Column("place", Text, nullable=False),
    Column("starts", Utc, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("host", String(32), nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("made_by", String(32), nullable=False),
    Column("made_at", Utc, nullable=False),
    Index("ix_sessions_phase", "phase_id", "starts"),
    sqlite_autoincrement=True,  # an id in a button is never given to another session
)  # fmt: skip

# `user_group` is the participant's when they were invited, so that figures stay when the person is erased.
session_people = Table(
    "session_people", metadata,
    Column("id", BigId, primary_key=True),
    Column("session_id", BigId, ForeignKey("sessions.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("user_group", String(75), nullable=False),
    Column("present", Boolean, nullable=False),
    Index("ix_session_people_session", "session_id"),
    Index("ix_session_people_person", "person"),
)  # fmt: skip

# What was said. `person` is empty where the notes name no one.
session_items = Table(
    "session_items", metadata,
    Column("id", BigId, primary_key=True),
    Column("session_id", BigId, ForeignKey("sessions.id"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("person", String(32), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("filed_by", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_session_items_session", "session_id"),
    Index("ix_session_items_ticket", "ticket_id"),
)  # fmt: skip
