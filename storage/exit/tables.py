"""Tables of the exit: the readiness of each day, what people decided, and the seals of the log."""

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# The readiness of each day; `score` is empty while too little was measured.
exit_days = Table(
    "exit_days", metadata,
    Column("phase_id", BigId, ForeignKey("phases.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("score", Float),
    Column("passes", Boolean, nullable=False),
    Column("line", Text, nullable=False),  # what digests and reports say
    Column("at", Utc, nullable=False),
)  # fmt: skip

# Append-only: verdicts, waivers, the handover, proposals and signatures.
exit_records = Table(
    "exit_records", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("person", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("seal", Integer, nullable=False),  # of the events until then
    Column("hash", String(64), nullable=False),  # of that seal, this decision and all before it
    Index("ix_exit_records_phase", "phase_id", "id"),
)  # fmt: skip

# Append-only: the seals of a phase's events; see domain/exit/seal.py.
exit_seals = Table(
    "exit_seals", metadata,
    Column("phase_id", BigId, ForeignKey("phases.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("events", BigId, nullable=False),  # in all
    Column("hash", String(64), nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip
