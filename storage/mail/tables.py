"""Tables of e-mail: people who write, the mails that belong to tickets, and their files."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# People by the address that they write from; the id is what tickets know. `failed_at` is when a mail to them came back.
mail_people = Table(
    "mail_people", metadata,
    Column("id", String(32), primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("failed_at", Utc),
)  # fmt: skip

# Mails that were taken in. One that comes again has the same Message-ID.
mails = Table(
    "mails", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", Integer, ForeignKey("phases.id"), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("mail_person", String(32), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("received_at", Utc, nullable=False),
    UniqueConstraint("phase_id", "message_id"),
    Index("ix_mails_ticket", "ticket_id"),
    Index("ix_mails_person", "mail_person", "received_at"),
)  # fmt: skip

mail_files = Table(
    "mail_files", metadata,
    Column("id", BigId, primary_key=True),
    Column("mail_id", BigId, ForeignKey("mails.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip
