"""Tables of phases, of the user groups in their settings, and of links that are opened without Slack."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

phases = Table(
    "phases", metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(12), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("triage_channel", String(32), nullable=False),
    Column("oncall_channel", String(32), nullable=False),
    Column("digest_channel", String(32), nullable=False),
    Column("private_channel", String(32), nullable=False),
    Column("intake_channels", JSON, nullable=False),
    Column("leads", JSON, nullable=False),
    Column("responders", JSON, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("last_number", Integer, nullable=False, server_default="0"),
    Column("options", JSON, nullable=False, server_default="{}"),  # all that no query asks for
)  # fmt: skip

# Channels that Slack gave another id: a settings file may still name the old one.
moved_channels = Table(
    "moved_channels", metadata,
    Column("old", String(32), primary_key=True),
    Column("new", String(32), nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip

# Which settings file was last applied to a phase; while it says the same, changes in Slack stay.
applied_files = Table(
    "applied_files", metadata,
    Column("key", String(12), primary_key=True),  # of the phase
    Column("digest", String(64), nullable=False),  # of its settings, which name people
)  # fmt: skip

user_groups = Table(
    "user_groups", metadata,
    Column("id", String(32), primary_key=True),
    Column("people", JSON, nullable=False),
)  # fmt: skip

# A secret address of a calendar or a report; only its hash is stored. It opens while the person has the right.
links = Table(
    "links", metadata,
    Column("id", BigId, primary_key=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("kind", String(12), nullable=False),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("scopes", JSON, nullable=False, server_default="[]"),  # what a program may read
)  # fmt: skip
Index(None, links.c.person)
