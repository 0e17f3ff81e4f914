"""Tables of gateways: endpoints and consumers, and their requests in slots of five minutes."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# An endpoint or a consumer of a phase. `not_found` is whether nothing but 404 was ever answered for it.
gateway_names = Table(
    "gateway_names", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("by", String(10), nullable=False),
    Column("name", String(200), nullable=False),
    Column("not_found", Boolean, nullable=False),
    Column("last_at", Utc, nullable=False),
    UniqueConstraint("phase_id", "by", "name"),
)  # fmt: skip

# Requests of five minutes: how they ended, their status codes {code: count}, and the sketch of their response times,
# whose sum is `ms_total`.
gateway_slots = Table(
    "gateway_slots", metadata,
    Column("name_id", BigId, ForeignKey("gateway_names.id"), primary_key=True),
    Column("at", Utc, primary_key=True),
    Column("ok", Integer, nullable=False),
    Column("auth_failed", Integer, nullable=False),
    Column("limited", Integer, nullable=False),
    Column("unreachable", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("codes", JSON, nullable=False),
    Column("ms_total", Float, nullable=False),
    Column("ms_bins", JSON, nullable=False),
    Index("ix_gateway_slots_at", "at"),
)  # fmt: skip
