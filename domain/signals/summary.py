"""What a card and the page of signals say about alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.signals.settings import SignalAction


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert on a line. `action` is what was done with it, `ticket` the name of its ticket or ""."""

    title: str
    source: str
    link: str
    is_firing: bool
    last_at: datetime
    action: SignalAction
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class AlertSummary:
    """The alerts of a ticket: how many, how many fire, how many the sender left out, and some of them."""

    alerts: int
    firing: int
    left_out: int
    last_at: datetime
    shown: Sequence[AlertLine] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationLine:
    """An integration as leads see it. `rotated_until` is until when its previous secret works too."""

    kind: str
    address: str
    made_at: datetime
    is_revoked: bool
    last_at: datetime | None
    received: int
    not_understood: int
    rotated_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MissLine:
    """A delivery that was not understood: why, and the outline of its body."""

    kind: str
    at: datetime
    reason: str
    outline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalsOverview:
    """Integrations, alerts that came last, what was not understood, and alerts by endpoint in the last week."""

    phase: str
    key: str
    integrations: Sequence[IntegrationLine]
    alerts: Sequence[AlertLine]
    misses: Sequence[MissLine]
    endpoints: Mapping[str, int]
    others: Sequence[str]  # kinds without an integration
