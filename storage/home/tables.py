"""The table of people who opened the App Home."""

from sqlalchemy import Column, String, Table

from storage.database.columns import Utc
from storage.database.metadata import metadata

# Who opened the App Home, and when; it is kept up to date for a while.
home_viewers = Table(
    "home_viewers", metadata,
    Column("person", String(32), primary_key=True),
    Column("seen_at", Utc, nullable=False),
)  # fmt: skip
