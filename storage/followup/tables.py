"""The tables of the loop back to reporters: who follows, what was promised and said, who is reminded, and notes."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from storage.database.columns import Utc
from storage.tickets.tables import BigId, metadata

# What somebody wants to hear of a ticket; whoever is affected hears everything unless it stands here.
followers = Table(
    "followers", metadata,
    Column("ticket_id", BigId, ForeignKey("tickets.id"), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("wants", String(12), nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip

# What a ticket's log says of promises, so that many can be counted; see domain/promises.py.
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

# What was said between reporter and team, wherever it was said. `channel` and `ts` are those of the words themselves.
sayings = Table(
    "sayings", metadata,
    Column("id", BigId, primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("side", String(8), nullable=False),
    Column("words", Text, nullable=False),
    Column("channel", String(32)),
    Column("ts", String(32)),
    Column("at", Utc, nullable=False),
    Column("changed_at", Utc),
    Index("ix_sayings_ticket", "ticket_id", "id"),
    Index("ix_sayings_place", "channel", "ts"),
)  # fmt: skip

# Who is to be asked for something they owe, as soon as they may be disturbed.
nudges = Table(
    "nudges", metadata,
    Column("id", BigId, primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("about", String(60), nullable=False),
    Column("next_at", Utc, nullable=False),
    UniqueConstraint("ticket_id", "person", "kind"),
    Index("ix_nudges_next_at", "next_at"),
)  # fmt: skip

# "You said, we did": one a week, once a lead has read it; and words of thanks, which the next digest passes on.
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
