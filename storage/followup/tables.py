"""The tables of follow-up: promises, workarounds, reminders and weekly notes."""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# Promises calculated from events, for figures; see domain/followup/promises.py.
promises = Table(
    "promises", metadata,
    Column("ticket_id", BigId, ForeignKey("tickets.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("private", Boolean, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("maker", String(32), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("due", Utc, nullable=False),
    Column("state", String(12), nullable=False),
    Column("settled_at", Utc),
    Column("slip", Integer, nullable=False),
    Index("ix_promises_due", "phase_id", "due"),
)  # fmt: skip

# Workarounds with the people who were told of them; `ended_at` is when they were told that they no longer need it.
workarounds = Table(
    "workarounds", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("readers", JSON, nullable=False),
    Column("told", Integer, nullable=False),
    Column("given_at", Utc, nullable=False),
    Column("until", Date, nullable=False),
    Column("ended_at", Utc),
    Index("ix_workarounds_phase", "phase_id", "ended_at"),
    Index("ix_workarounds_ticket", "ticket_id"),
    sqlite_autoincrement=True,  # an id in a button is never given to another workaround
)  # fmt: skip

# Reminders of pending replies, sent once the person is available.
reminders = Table(
    "reminders", metadata,
    Column("id", BigId, primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("about", String(60), nullable=False),
    Column("next_at", Utc, nullable=False),
    UniqueConstraint("ticket_id", "person", "kind"),
    Index("ix_reminders_next_at", "next_at"),
)  # fmt: skip

# Weekly notes to reporters, and thanks, which the next digest shows.
notes = Table(
    "notes", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("occasion", String(40), nullable=False),
    Column("state", String(8), nullable=False),
    Column("words", Text, nullable=False),
    Column("person", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("phase_id", "kind", "occasion"),
    Index("ix_notes_at", "phase_id", "kind", "at"),
)  # fmt: skip
