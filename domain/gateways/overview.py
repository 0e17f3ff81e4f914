"""What the page of an API gateway shows: requests, times and errors by endpoint and by consumer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.gateways.anomalies import ApiAnomaly
from domain.gateways.call import Outcome
from domain.gateways.targets import Attainment
from domain.gateways.traffic import TrafficSums

PERIODS = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "24h": timedelta(hours=24)}
USUAL_PERIOD = "1h"
LATELY = timedelta(minutes=15)  # of the short state


@dataclass(frozen=True, slots=True)
class TrafficPoint:
    """The requests of one part of a period, for a chart."""

    at: datetime
    outcomes: Counter[Outcome]
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOverview:
    """The traffic of a period. `endpoints` and `consumers` have most errors first, and are not all of them."""

    phase: str
    key: str
    period: str
    since: datetime
    until: datetime
    total: Counter[Outcome]
    endpoints: Sequence[tuple[str, TrafficSums]]
    consumers: Sequence[tuple[str, Counter[Outcome]]]
    points: Sequence[TrafficPoint]
    more_endpoints: int = 0
    has_traffic: bool = True  # whether any request was ever told of
    targets: Sequence[Attainment] = ()
    anomalies: Sequence[ApiAnomaly] = ()

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiState:
    """The requests of the last `LATELY` in short; `p95` is that of the busiest endpoints, in milliseconds.

    `burning` are the endpoints whose error budget burns too fast.
    """

    phase: str
    key: str
    at: datetime
    outcomes: Counter[Outcome]
    p95: float | None
    burning: Sequence[str]


def busiest(found: Mapping[int, Counter[Outcome]], limit: int) -> list[int]:
    """Return the ids with most requests."""
    return sorted(found, key=lambda one: (-found[one].total(), one))[:limit]


def most_telling(found: Mapping[str, Counter[Outcome]], limit: int) -> list[str]:
    """Return the names to look at first: those with most requests, ordered by how many of them went wrong."""
    busiest = sorted(found, key=lambda name: (-wrong(found[name]), -found[name].total(), name))
    return busiest[:limit]


def wrong(outcomes: Counter[Outcome]) -> int:
    """Return how many requests were not answered as asked."""
    return outcomes.total() - outcomes[Outcome.OK]


def share(outcomes: Counter[Outcome], *which: Outcome) -> float:
    """Return the share of requests that ended in one of these ways, from 0 to 1."""
    return sum(outcomes[one] for one in which) / outcomes.total() if outcomes.total() else 0.0
