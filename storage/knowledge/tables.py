"""Tables of the knowledge base: articles, their versions, and what became of suggestions."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text, text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

articles = Table(
    "articles", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("content", JSON, nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", String(32), nullable=False),
    Column("reviewer", String(32), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("source", Text, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("reviewed_at", Utc),
    Index("ix_articles_phase", "phase_id", "state"),
    Index("ix_articles_ticket", "ticket_id", sqlite_where=text("ticket_id IS NOT NULL"),
          postgresql_where=text("ticket_id IS NOT NULL")),
    sqlite_autoincrement=True,  # an id in a button is never given to another article
)  # fmt: skip

# Append-only: each version of an article as it was saved.
article_versions = Table(
    "article_versions", metadata,
    Column("id", BigId, primary_key=True),
    Column("article_id", BigId, ForeignKey("articles.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    Column("person", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_article_versions_article", "article_id", "version", unique=True),
)  # fmt: skip

# What a person did whom the report form suggested an article; `who` is an HMAC of the person.
article_offers = Table(
    "article_offers", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("article_id", BigId, ForeignKey("articles.id"), nullable=False),
    Column("who", String(32), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_article_offers_phase", "phase_id", "at"),
)  # fmt: skip
