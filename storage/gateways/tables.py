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

# Calls of models in an hour: how they ended {outcome: count}, tokens, cost, times, and answers that were accepted.
ai_usage = Table(
    "ai_usage", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("provider", String(100), nullable=False),
    Column("model", String(100), nullable=False),
    Column("team", String(100), nullable=False),
    Column("consumer", String(100), nullable=False),
    Column("prompt", String(100), nullable=False),
    Column("outcomes", JSON, nullable=False),
    Column("tokens_in", BigId, nullable=False),
    Column("tokens_out", BigId, nullable=False),
    Column("priced", Integer, nullable=False),
    Column("cost", Float, nullable=False),
    Column("cost_squares", Float, nullable=False),
    Column("ms_squares", Float, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("ms_total", Float, nullable=False),
    Column("ms_bins", JSON, nullable=False),
    UniqueConstraint("phase_id", "at", "provider", "model", "team", "consumer", "prompt"),
)  # fmt: skip

# What the gateway saw around a ticket's report, as of `at`; `words` is a digest of the words it was looked up by.
gateway_sightings = Table(
    "gateway_sightings", metadata,
    Column("ticket_id", BigId, ForeignKey("tickets.id"), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("words", String(64), nullable=False),
    Column("endpoints", JSON, nullable=False),
)  # fmt: skip
