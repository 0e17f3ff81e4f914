"""Tables of Microsoft Teams: people who write to the bot, and what Teams calls the messages that they got."""

from sqlalchemy import Column, Index, String, Table, Text, UniqueConstraint

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# The id is what tickets know. `gone_at` is when they removed the bot, so that nothing reaches them.
teams_people = Table(
    "teams_people", metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("bot", Text, nullable=False),
    Column("conversation", Text, nullable=False, unique=True),
    Column("service_url", Text, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("gone_at", Utc),
    UniqueConstraint("tenant", "object_id"),
)  # fmt: skip

# The id that Teams gave to a message of ours, which is needed to replace it.
teams_messages = Table(
    "teams_messages", metadata,
    Column("message_id", BigId, primary_key=True, autoincrement=False),
    Column("activity_id", Text, nullable=False),
    Column("sent_at", Utc, nullable=False),
    Index("ix_teams_messages_sent", "sent_at"),
)  # fmt: skip
