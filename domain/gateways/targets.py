"""Targets of endpoints: how far they are met, how much of the error budget is used, and how fast it burns.

Burn rates and windows are those of domain/statistics/burn_rates.py.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.gateways.call import DOWN, Outcome
from domain.gateways.latency import within
from domain.gateways.settings import GatewayTarget
from domain.gateways.traffic import SLOT, TrafficSums, slot_of
from domain.statistics.burn_rates import FAST, SLOW, BurnWindows, burn_rate
from domain.statistics.intervals import Interval, wilson_interval
from domain.tables import check_complete
from domain.text import fits_pattern
from domain.tickets.ticket import Severity

WITHIN_P95 = 0.95
MIN_BAD = 5  # in the longer window; fewer may be chance


class ApiMeasure(StrEnum):
    """What a target is about."""

    AVAILABILITY = "availability"
    P95 = "p95"

    @property
    def window(self) -> timedelta:
        """Over how long it is looked at."""
        return WINDOWS[self]


WINDOWS = {ApiMeasure.AVAILABILITY: timedelta(days=28), ApiMeasure.P95: timedelta(days=7)}
check_complete(ApiMeasure, WINDOWS)


@dataclass(frozen=True, slots=True)
class BurnAlert:
    """What is filed when the budget burns faster than these windows allow."""

    windows: BurnWindows
    severity: Severity


BURNS = (
    BurnAlert(FAST, Severity.HIGH),
    BurnAlert(SLOW, Severity.MEDIUM),
)
SHORT_BURN = max(one.windows.short for one in BURNS)


@dataclass(frozen=True, slots=True)
class GoodAndBad:
    """Requests that count for a target, and how many of them were not as good as wanted."""

    total: int = 0
    bad: int = 0

    def __add__(self, other: "GoodAndBad") -> "GoodAndBad":
        return GoodAndBad(self.total + other.total, self.bad + other.bad)


Counted = Sequence[tuple[datetime, GoodAndBad]]  # by the five minutes in which they came


@dataclass(frozen=True, slots=True)
class ApiGoal:
    """One target of one endpoint; `share` is the share of requests that have to be good, `limit` milliseconds."""

    endpoint: str
    measure: ApiMeasure
    share: float
    limit: int = 0

    def count(self, sums: TrafficSums) -> GoodAndBad:
        if self.measure is ApiMeasure.AVAILABILITY:
            return count_available(sums.outcomes)
        return self.count_timed(sums.latency.bins)

    def count_timed(self, bins: Sequence[int]) -> GoodAndBad:
        """Return what counts for a goal of response times, from the bins of a sketch."""
        timed = sum(bins) - (bins[1] if bins else 0)  # all but the key of the first bin
        return GoodAndBad(timed, timed - within(bins, self.limit))

    def burn_rate(self, found: GoodAndBad) -> float:
        """Return how many times as fast as it may the error budget is used."""
        return burn_rate(found.bad / found.total, self.share) if found.total else 0.0


@dataclass(frozen=True, slots=True)
class Attainment:
    """How far a goal is met over its window, and the burn rate of the last hour."""

    goal: ApiGoal
    found: GoodAndBad
    burn: float = 0.0

    @property
    def reached(self) -> Interval:
        """The share of good requests with 95 % bounds."""
        return wilson_interval(self.found.total - self.found.bad, self.found.total)

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where the bounds allow both."""
        if self.reached.low >= self.goal.share:
            return True
        return False if self.reached.high < self.goal.share else None

    @property
    def budget_used(self) -> float:
        """The share of the error budget that is used; more than 1 when it is overdrawn."""
        return self.goal.burn_rate(self.found)


def count_available(outcomes: Counter[Outcome]) -> GoodAndBad:
    """Return how many requests came, and for how many of them the service was not there."""
    return GoodAndBad(outcomes.total(), sum(outcomes[one] for one in DOWN))


def goals_of(targets: Sequence[GatewayTarget], endpoints: Iterable[str]) -> list[ApiGoal]:
    """Return the goals of these endpoints; the first target that fits an endpoint counts."""
    goals = []
    for endpoint in endpoints:
        target = next((one for one in targets if fits_pattern(endpoint, one.endpoint)), None)
        if target and target.availability is not None:
            goals.append(ApiGoal(endpoint, ApiMeasure.AVAILABILITY, target.availability / 100))
        if target and target.p95 is not None:
            goals.append(ApiGoal(endpoint, ApiMeasure.P95, WITHIN_P95, target.p95))
    return goals


def burns_now(goal: ApiGoal, counted: Counted, now: datetime) -> bool:
    """Return whether the budget burns too fast over a short window, from what came in the last `SHORT_BURN`."""
    return any(goal.burn_rate(_within(counted, one.windows.short, now)) > one.windows.rate for one in BURNS)


def is_due(alert: BurnAlert, goal: ApiGoal, counted: Counted, now: datetime) -> bool:
    """Return whether the budget burns too fast over both windows of an alert."""
    long, short = (_within(counted, span, now) for span in (alert.windows.long, alert.windows.short))
    return long.bad >= MIN_BAD and all(goal.burn_rate(one) > alert.windows.rate for one in (long, short))


def _within(counted: Counted, span: timedelta, now: datetime) -> GoodAndBad:
    """Return what came in the last minutes; the running five minutes and the one before count as the last five."""
    since = slot_of(now) - max(span, SLOT)
    return sum((found for at, found in counted if at >= since), GoodAndBad())
