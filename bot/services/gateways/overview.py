"""The page of a phase's API gateway: what came through it lately, for the team."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.gateways.pages import period_of, phase_of_team
from bot.services.gateways.targets import attainments
from bot.views.gateways import api as views
from domain.gateways.anomalies import HOUR, ApiAnomaly, anomalies, hours_before
from domain.gateways.call import Outcome
from domain.gateways.overview import PERIODS, USUAL_PERIOD, ApiOverview, TrafficPoint, most_telling
from domain.gateways.traffic import SLOT, TrafficBy, TrafficKey, TrafficSums, merged, slot_of
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from storage.transaction import Transaction

SHOWN_ENDPOINTS, SHOWN_CONSUMERS = 15, 10
POINTS = 12  # of a chart


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """`api [PAY] [1h | 6h | 24h]`: return the page, for the team only, since it names applications that call."""
    with app.store.read() as tx:
        phase, rest = phase_of_team(tx, person, channel, words, "the traffic of its gateway")
        period = period_of("api", rest, PERIODS, USUAL_PERIOD)
        return views.page(overview(tx, phase, period, app.now()))


def overview(tx: Transaction, phase: Phase, period: str, now: datetime) -> ApiOverview:
    """Return the traffic of the last hours, the running five minutes included."""
    until = slot_of(now) + SLOT
    since = until - PERIODS[period]
    by_endpoint = tx.gateway_traffic.sum_by_name(phase.id, TrafficBy.ENDPOINT, since, until)
    by_consumer = tx.gateway_traffic.sum_by_name(phase.id, TrafficBy.CONSUMER, since, until)
    shown = most_telling(by_endpoint, SHOWN_ENDPOINTS)
    parts = [*tx.gateway_traffic.list_slots(phase.id, TrafficBy.ENDPOINT, since, until, shown)]
    sums = {name: merged(one for key, one in parts if key.name == name) for name in shown}
    consumers = most_telling(by_consumer, SHOWN_CONSUMERS)
    return ApiOverview(
        phase=phase.name, key=phase.key, period=period, since=since, until=until,
        total=sum(by_endpoint.values(), Counter[Outcome]()), endpoints=list(sums.items()),
        consumers=[(name, by_consumer[name]) for name in consumers], points=_points(parts, since, PERIODS[period]),
        more_endpoints=len(by_endpoint) - len(shown),
        targets=attainments(tx, phase, now), anomalies=_anomalies(tx, phase, until),
        has_traffic=bool(by_endpoint) or tx.gateway_traffic.has_any(phase.id),
    )  # fmt: skip


def _anomalies(tx: Transaction, phase: Phase, until: datetime) -> Sequence[ApiAnomaly]:
    """Return what stands out in the last hour, compared with the same hours before."""
    since = until - HOUR
    now = _by_endpoint(tx.gateway_traffic.list_slots(phase.id, TrafficBy.ENDPOINT, since, until))
    times = [begin + part * SLOT for begin in hours_before(since) for part in range(HOUR // SLOT)]
    parts = [*tx.gateway_traffic.list_at(phase.id, TrafficBy.ENDPOINT, times)]
    known = len({key.at - (key.at - since) % HOUR for key, _ in parts})
    return anomalies(now, _by_endpoint(parts), known)


def _by_endpoint(parts: Iterable[tuple[TrafficKey, TrafficSums]]) -> dict[str, TrafficSums]:
    found: dict[str, TrafficSums] = {}
    for key, sums in parts:
        found.setdefault(key.name, TrafficSums()).merge(sums)
    return found


def _points(parts: Iterable[tuple[TrafficKey, TrafficSums]], since: datetime, period: timedelta) -> list[TrafficPoint]:
    """Return the traffic of the endpoints that are shown, in equal parts of the period."""
    step, found = period / POINTS, defaultdict[int, list[TrafficSums]](list)
    for key, sums in parts:
        found[(key.at - since) // step].append(sums)
    totals = {number: merged(found[number]) for number in range(POINTS)}
    return [TrafficPoint(since + number * step, one.outcomes, one.latency.quantile(0.95))
            for number, one in totals.items()]  # fmt: skip
