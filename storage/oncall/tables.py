"""The tables of on-call: shift overrides, escalations and pages."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, Text, false, text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# One person is on call instead of another; a swap is two rows with the same `pair`.
shift_overrides = Table(
    "shift_overrides", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("rota", String(40), nullable=False),
    Column("person", String(32), nullable=False),
    Column("instead_of", String(32), nullable=False, server_default=""),
    Column("starts", Utc, nullable=False),
    Column("ends", Utc, nullable=False),
    Column("imported", Boolean, nullable=False, server_default=false()),
    Column("state", String(10), nullable=False),  # asked, agreed, declined, lapsed
    Column("asked_by", String(32), nullable=False),
    Column("pair", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_shift_overrides_phase", "phase_id", "ends"),
    Index("ix_shift_overrides_pair", "pair"),
)  # fmt: skip

escalations = Table(
    "escalations", metadata,
    Column("id", BigId, primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("owner", String(32)),
    Column("started_by", String(32), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("data", JSON, nullable=False),  # the whole escalation, with its policy as it was at the start
    Index("ix_escalations_ticket", "ticket_id", "id"),
)  # fmt: skip
LIVE = text("state != 'ended'")
Index("ix_escalations_live", escalations.c.phase_id, escalations.c.started_at, sqlite_where=LIVE, postgresql_where=LIVE)

# Who was paged when; without an escalation it is a test page. `warning` is why it may not reach the person.
pages = Table(
    "pages", metadata,
    Column("id", BigId, primary_key=True),
    Column("escalation_id", BigId, ForeignKey("escalations.id")),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("answered_at", Utc),
    Column("checked_at", Utc),
    Column("warning", Text, nullable=False, server_default=""),
    Index("ix_pages_person", "person", "at"),
    Index("ix_pages_escalation", "escalation_id", "person"),
)  # fmt: skip
UNCHECKED = text("checked_at IS NULL")
Index("ix_pages_unchecked", pages.c.at, sqlite_where=UNCHECKED, postgresql_where=UNCHECKED)
