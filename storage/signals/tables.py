"""Tables of signals: integrations with their secrets, the alerts that came, and what was not understood."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# An integration of a phase for one kind of sender. Its secret is hashed; `sealed` is it for signatures, encrypted
# with the secret of the process. The previous secret works until `previous_until`.
signal_integrations = Table(
    "signal_integrations", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("sealed", Text, nullable=False, server_default=""),
    Column("previous_hash", String(64), nullable=False, server_default=""),
    Column("previous_sealed", Text, nullable=False, server_default=""),
    Column("previous_until", Utc),
    Column("made_by", String(32), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("revoked_at", Utc),
    Column("last_at", Utc),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("not_understood", Integer, nullable=False, server_default="0"),
    UniqueConstraint("phase_id", "kind"),
)  # fmt: skip

# Each time an alert fired, once. `times` is how often it was told.
signal_alerts = Table(
    "signal_alerts", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("source", String(20), nullable=False),
    Column("key", String(128), nullable=False),
    Column("occurrence", String(64), nullable=False),
    Column("firing", Boolean, nullable=False),
    Column("action", String(10), nullable=False),
    Column("rule", String(30), nullable=False, server_default=""),
    Column("severity", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("endpoint", String(200), nullable=False, server_default=""),
    Column("component", String(20), nullable=False, server_default=""),
    Column("left_out", Integer, nullable=False, server_default="0"),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("storm", Boolean, nullable=False),
    Column("first_at", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
    Column("over_at", Utc),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    UniqueConstraint("phase_id", "source", "key", "occurrence"),
    Index("ix_signal_alerts_ticket", "ticket_id"),
    Index("ix_signal_alerts_phase", "phase_id", "last_at"),
)  # fmt: skip

# What was not understood: why, and the outline of the body. Kept for a day.
signal_misses = Table(
    "signal_misses", metadata,
    Column("id", BigId, primary_key=True),
    Column("integration_id", BigId, ForeignKey("signal_integrations.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("reason", Text, nullable=False),
    Column("outline", Text, nullable=False),
    Index("ix_signal_misses_at", "at"),
)  # fmt: skip
