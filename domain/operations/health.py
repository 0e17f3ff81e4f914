"""The health of Hypercare: messages waiting or dead, overdue timers, and running processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.delivery.message import OutboxEntry

MAX_CLOCK_OFFSET = timedelta(minutes=1)  # a machine whose clock is further off is not ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A process at work."""

    id: str
    name: str
    version: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHealth:
    """How many tickets are open, and how many of those are critical, overdue and unassigned."""

    open: int
    critical: int
    overdue: int
    unassigned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`shown` are the newest of the `dead`; `overdue` counts timers; `declined` says what is missing by scope."""

    now: datetime
    waiting: int
    oldest: datetime | None
    dead: int
    shown: list[OutboxEntry]
    overdue: int
    replicas: list[Replica]
    declined: Mapping[str, str] = field(default_factory=dict)
