"""The tables of pulses: waves, whom they ask, and what was answered.

Of an anonymous wave nothing here links an answer to a person: answers stand under a handle that only a secret outside
of the database can make, in an order that says nothing (their ids are random, and there is no row number beneath),
without a time, and not beside what was written in words. docs/anonymity.md says what is known.
"""

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

waves = Table(
    "waves", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("name", String(40), nullable=False),
    Column("occurrence", String(32), nullable=False),
    Column("pulse", JSON, nullable=False),  # as it was when the wave began
    Column("state", String(10), nullable=False),
    Column("opens_at", Utc, nullable=False),
    Column("closes_at", Utc, nullable=False),
    Column("salt", String(64)),
    Column("tally", JSON),
    Column("words", JSON(none_as_null=True)),  # themes of what was written, from when they may be shown
    UniqueConstraint("phase_id", "name", "occurrence"),
)  # fmt: skip
Index("ix_waves_state", waves.c.state, waves.c.id)

# Whom a wave asks. That somebody has answered is not written here when it is anonymous.
invitations = Table(
    "invitations", metadata,
    Column("wave_id", BigId, ForeignKey("waves.id"), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("segment", String(200), nullable=False),
    Column("zone", Text, nullable=False),
    Column("next_at", Utc),  # when they are asked, or reminded
    Column("asked_on", Date),
    Column("reminded", Integer, nullable=False, server_default="0"),
    Index("ix_invitations_person", "person", "asked_on"),
)  # fmt: skip
PENDING = text("next_at IS NOT NULL")
Index("ix_invitations_next_at", invitations.c.next_at, sqlite_where=PENDING, postgresql_where=PENDING)

answers = Table(
    "answers", metadata,
    Column("id", String(32), primary_key=True),
    Column("wave_id", BigId, ForeignKey("waves.id"), nullable=False),
    Column("handle", String(64), nullable=False),
    Column("segment", String(200), nullable=False),
    Column("given", JSON, nullable=False),
    UniqueConstraint("wave_id", "handle"),
    sqlite_with_rowid=False,
)  # fmt: skip

# What was written, apart from the numbers; `about` is whom it praises.
remarks = Table(
    "remarks", metadata,
    Column("id", String(32), primary_key=True),
    Column("wave_id", BigId, ForeignKey("waves.id"), nullable=False),
    Column("handle", String(64), nullable=False),
    Column("question", String(40), nullable=False),
    Column("words", Text, nullable=False),
    Column("about", String(32), nullable=False, server_default=""),
    UniqueConstraint("wave_id", "handle", "question"),
    sqlite_with_rowid=False,
)  # fmt: skip

# What became of low answers, one line a person: a ticket, or nothing but this.
helped = Table(
    "helped", metadata,
    Column("id", String(32), primary_key=True),
    Column("wave_id", BigId, ForeignKey("waves.id"), nullable=False),
    Column("handle", String(64), nullable=False),
    Column("way", String(10), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    UniqueConstraint("wave_id", "handle"),
    sqlite_with_rowid=False,
)  # fmt: skip
