"""Tables of connectors: which issue belongs to which ticket, what is known of it, and trackers that fail."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# A ticket has one issue in a tracker, and an issue one ticket. The row is written before the tracker is called, and
# `tried_at` just before an issue is made. `ours` and `theirs` are the fields of both sides when they last agreed.
issue_links = Table(
    "issue_links", metadata,
    Column("id", BigId, primary_key=True),
    Column("system", String(20), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("issue_id", String(64)),
    Column("key", String(64), nullable=False, server_default=""),
    Column("link", Text, nullable=False, server_default=""),
    Column("tried_at", Utc),
    Column("gone", Boolean, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("ours", JSON, nullable=False),
    Column("theirs", JSON, nullable=False),
    UniqueConstraint("system", "ticket_id"),
    UniqueConstraint("system", "issue_id"),
)  # fmt: skip

# Comments and files that both sides have, by the tracker's id.
issue_parts = Table(
    "issue_parts", metadata,
    Column("link_id", BigId, ForeignKey("issue_links.id"), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("part_id", String(64), primary_key=True),
)  # fmt: skip

# Sub-tasks of the issue that stand for actions. `is_done` is what both sides had when they last agreed.
subtasks = Table(
    "subtasks", metadata,
    Column("id", BigId, primary_key=True),
    Column("link_id", BigId, ForeignKey("issue_links.id"), nullable=False),
    Column("action_id", BigId, ForeignKey("actions.id"), nullable=False),
    Column("issue_id", String(64), index=True),
    Column("key", String(64), nullable=False),
    Column("tried_at", Utc),
    Column("gone", Boolean, nullable=False),
    Column("is_done", Boolean, nullable=False),
    UniqueConstraint("link_id", "action_id"),
)  # fmt: skip

# Trackers that don't answer or refuse the token, since when, and whether people were told; and when issues that were
# changed were last asked for.
tracker_states = Table(
    "tracker_states", metadata,
    Column("system", String(40), primary_key=True),
    Column("failing_since", Utc),
    Column("told_at", Utc),
    Column("asked_at", Utc),
)  # fmt: skip
