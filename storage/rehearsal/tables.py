"""The tables of a rehearsal, which are empty when none is going on."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, Text

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

rehearsals = Table(
    "rehearsals", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False, unique=True),  # one at a time
    Column("started_by", String(32), nullable=False),
    Column("ends", Utc, nullable=False),
    Column("access", JSON, nullable=False),
    Column("played", JSON(none_as_null=True)),  # kind, subject and detail of each finding; null until it was played
    Column("request", Text, nullable=False),
    Column("is_told", Boolean, nullable=False),
    sqlite_autoincrement=True,  # an id in a button is never given to another rehearsal
)  # fmt: skip

rehearsal_calls = Table(
    "rehearsal_calls", metadata,
    Column("id", BigId, primary_key=True),
    Column("rehearsal_id", BigId, ForeignKey("rehearsals.id"), nullable=False),
    Column("place", String(32), nullable=False),
    Column("answered", Boolean, nullable=False),
    Index("ix_rehearsal_calls_rehearsal", "rehearsal_id"),
)  # fmt: skip
