"""What stands out in the last hour, compared with the same hour of the same weekday in the four weeks before.

Errors and slow requests are compared as rates for each request, and requests as a rate for each hour, by the exact
conditional test of `domain/statistics/comparison.py`. Nothing is said without such an hour before, or with too few
events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.gateways.traffic import OTHER, TrafficSums
from domain.statistics.comparison import rate_ratio
from domain.statistics.intervals import Interval
from domain.tables import check_complete

HOUR = timedelta(hours=1)
WEEKS = 4
AT_LEAST = 1.5  # times as many, at the lower bound, since many endpoints are looked at
AT_MOST = 0.5  # times as many requests, at the upper bound
MAX_SHOWN = 3
USUAL = 0.95  # of earlier requests took at most as long


class Oddity(StrEnum):
    """In what an endpoint differs from the same hours before."""

    ERRORS = "errors"
    SLOW = "slow"
    MANY = "many"
    FEW = "few"


WEIGHTS = {Oddity.ERRORS: 0, Oddity.SLOW: 1, Oddity.FEW: 2, Oddity.MANY: 3}  # in which order they are shown
check_complete(Oddity, WEIGHTS)


@dataclass(frozen=True, slots=True)
class ApiAnomaly:
    """How many times as high a rate of an endpoint is, with 95 % bounds."""

    endpoint: str
    oddity: Oddity
    ratio: Interval


def hours_before(since: datetime) -> list[datetime]:
    """Return when the same hours of the weeks before began."""
    return [since - timedelta(weeks=week) for week in range(1, WEEKS + 1)]


def anomalies(
    now: Mapping[str, TrafficSums], before: Mapping[str, TrafficSums], hours_known: int
) -> Sequence[ApiAnomaly]:
    """Return what stands out most; `before` is the sum of the `hours_known` hours of which anything is known."""
    found: list[ApiAnomaly] = []
    for endpoint, earlier in before.items():
        if endpoint != OTHER and hours_known:
            found += _of_endpoint(endpoint, now.get(endpoint, TrafficSums()), earlier, hours_known)
    found.sort(key=lambda one: (WEIGHTS[one.oddity], -one.ratio.low, one.endpoint))
    return found[:MAX_SHOWN]


def _of_endpoint(endpoint: str, now: TrafficSums, before: TrafficSums, hours: int) -> list[ApiAnomaly]:
    errors = rate_ratio(now.errors, now.requests, before.errors, before.requests)
    if errors and errors.low >= AT_LEAST:
        return [ApiAnomaly(endpoint, Oddity.ERRORS, errors)]
    slow = _slow(now, before)
    if slow and slow.low >= AT_LEAST:
        return [ApiAnomaly(endpoint, Oddity.SLOW, slow)]
    requests = rate_ratio(now.requests, 1, before.requests, hours)
    if requests and requests.high <= AT_MOST:
        return [ApiAnomaly(endpoint, Oddity.FEW, requests)]
    return [ApiAnomaly(endpoint, Oddity.MANY, requests)] if requests and requests.low >= AT_LEAST else []


def _slow(now: TrafficSums, before: TrafficSums) -> Interval | None:
    """Compare how many requests took longer than nearly all did before."""
    usual = before.latency.quantile(USUAL)
    if usual is None:
        return None
    here, there = int(now.latency.count), int(before.latency.count)
    return rate_ratio(here - now.latency.count_within(usual), here, there - before.latency.count_within(usual), there)
