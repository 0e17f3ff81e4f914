"""Tables of reporting: readings, baselines and marked events."""

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# Daily readings from other systems, people or a file: uptime, error rate, reports before the go-live.
readings = Table(
    "readings", metadata,
    Column("phase_id", BigId, ForeignKey("phases.id"), primary_key=True),
    Column("metric", String(30), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", Float, nullable=False),
    Column("said_by", String(32), nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip

# Values of single reports from before the go-live: working minutes, or yes (1) and no (0).
baselines = Table(
    "baselines", metadata,
    Column("phase_id", BigId, ForeignKey("phases.id"), primary_key=True),
    Column("metric", String(12), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", Integer, primary_key=True),
    Column("ended", Boolean, primary_key=True),
    Column("count", Integer, nullable=False),
)  # fmt: skip

# Events of the system: deployments, batch runs, load.
marked_events = Table(
    "marked_events", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("label", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("said_by", String(32), nullable=False),
    Index("ix_marked_events_at", "phase_id", "at"),
)  # fmt: skip
