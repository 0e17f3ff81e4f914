"""The table of people, as Slack describes them."""

from sqlalchemy import BigInteger, Boolean, Column, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import metadata

# What Slack said about a person when it was last asked.
profiles = Table(
    "profiles", metadata,
    Column("id", String(32), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("real_name", Text, nullable=False),
    Column("team", String(32), nullable=False),
    Column("enterprise", String(32), nullable=False),
    Column("is_stranger", Boolean, nullable=False),
    Column("is_restricted", Boolean, nullable=False),
    Column("is_ultra_restricted", Boolean, nullable=False),
    Column("is_bot", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("is_owner", Boolean, nullable=False),
    Column("tz", Text, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("fetched_at", Utc, nullable=False),
)  # fmt: skip
