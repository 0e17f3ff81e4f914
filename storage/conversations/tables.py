"""The tables of conversations: comments, followers, mirrored messages, reactions and sealed identities."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# Whose reactions are copied to a message in the other thread; the copy is removed with the last of them.
mirrored_reactions = Table(
    "mirrored_reactions", metadata,
    Column("channel", String(32), primary_key=True),
    Column("ts", String(32), primary_key=True),
    Column("emoji", String(100), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
)  # fmt: skip

# Which updates a person chose; an affected person without a row gets all of them.
followers = Table(
    "followers", metadata,
    Column("ticket_id", BigId, ForeignKey("tickets.id"), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("wants", String(12), nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip

# Comments of reporter and team. `channel` and `ts` are those of the message in Slack.
comments = Table(
    "comments", metadata,
    Column("id", BigId, primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("side", String(8), nullable=False),
    Column("words", Text, nullable=False),
    Column("channel", String(32)),
    Column("ts", String(32)),
    Column("at", Utc, nullable=False),
    Column("changed_at", Utc),
    Index("ix_comments_ticket", "ticket_id", "id"),
    Index("ix_comments_place", "channel", "ts"),
)  # fmt: skip

# Who is behind an alias, sealed with the secret; deleted when the phase is over.
sealed_identities = Table(
    "sealed_identities", metadata,
    Column("alias", String(32), primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("sealed", Text, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
