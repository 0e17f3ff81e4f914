"""Tables of pulse surveys: waves, invitations, responses and comments.

In an anonymous wave nothing links a response to a person: its pseudonym needs a secret that is not in the database,
ids are random, there are no row numbers and no times, and comments are stored apart. See docs/anonymity.md.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)  # fmt: skip

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

waves = Table(
    "waves", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("name", String(40), nullable=False),
    Column("occurrence", String(32), nullable=False),
    Column("pulse", JSON, nullable=False),  # as it was when the wave started
    Column("state", String(10), nullable=False),
    Column("opens_at", Utc, nullable=False),
    Column("closes_at", Utc, nullable=False),
    Column("salt", String(64)),
    Column("result", JSON),
    Column("comment_summary", JSON(none_as_null=True)),  # set when the comments may be shown
    UniqueConstraint("phase_id", "name", "occurrence"),
)  # fmt: skip
Index("ix_waves_state", waves.c.state, waves.c.id)

# The people a wave asks. Whether a person has answered an anonymous wave is not stored.
invitations = Table(
    "invitations", metadata,
    Column("wave_id", BigId, ForeignKey("waves.id"), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("segment", String(200), nullable=False),
    Column("zone", Text, nullable=False),
    Column("next_at", Utc),  # of the invitation or the next reminder
    Column("asked_on", Date),
    Column("reminded", Integer, nullable=False, server_default="0"),
    Column("left_out", Boolean, nullable=False, server_default=false()),  # of the result, even if they answered
    Index("ix_invitations_person", "person", "asked_on"),
)  # fmt: skip
PENDING = text("next_at IS NOT NULL")
Index("ix_invitations_next_at", invitations.c.next_at, sqlite_where=PENDING, postgresql_where=PENDING)

responses = Table(
    "responses", metadata,
    Column("id", String(32), primary_key=True),
    Column("wave_id", BigId, ForeignKey("waves.id"), nullable=False),
    Column("pseudonym", String(64), nullable=False),
    Column("segment", String(200), nullable=False),
    Column("answers", JSON, nullable=False),
    UniqueConstraint("wave_id", "pseudonym"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Comments, stored apart from the answers; `praised` is the id of the person that a comment praises.
answer_comments = Table(
    "answer_comments", metadata,
    Column("id", String(32), primary_key=True),
    Column("wave_id", BigId, ForeignKey("waves.id"), nullable=False),
    Column("pseudonym", String(64), nullable=False),
    Column("question", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("praised", String(32), nullable=False, server_default=""),
    Column("left_out", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("wave_id", "pseudonym", "question"),
    sqlite_with_rowid=False,
)  # fmt: skip

# The follow-up of low answers, one row a person: a ticket, or only that help was offered.
low_answer_followups = Table(
    "low_answer_followups", metadata,
    Column("id", String(32), primary_key=True),
    Column("wave_id", BigId, ForeignKey("waves.id"), nullable=False),
    Column("pseudonym", String(64), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    UniqueConstraint("wave_id", "pseudonym"),
    sqlite_with_rowid=False,
)  # fmt: skip
