"""The short state of API gateways, for the App Home of their teams."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from domain.gateways.call import Outcome
from domain.gateways.latency import LatencySketch
from domain.gateways.overview import LATELY, ApiState, busiest
from domain.gateways.traffic import SLOT, slot_of
from domain.phases.phase import Phase
from domain.signals.kinds import KINDS
from storage.transaction import Transaction

TIMED = 10  # endpoints of a phase whose response times are read
GATEWAY = KINDS["gateway"].name


def states(tx: Transaction, phases: Sequence[Phase], now: datetime) -> list[ApiState]:
    """Return the state of each phase whose gateway tells of anything, with three statements for all of them."""
    active = {phase.id: phase for phase in phases if phase.is_active}
    if not active:
        return []
    until = slot_of(now) + SLOT
    since = until - LATELY
    traffic = tx.gateway_traffic.sum_by_phase(active, since, until)
    burning: dict[int, list[str]] = {}
    for phase_id, endpoint in tx.signal_alerts.list_firing_endpoints(active, GATEWAY):
        burning.setdefault(phase_id, []).append(endpoint)
    times = _times(tx, traffic, since, until) if traffic else {}
    return [
        ApiState(
            phase=phase.name, key=phase.key, at=now,
            outcomes=sum(traffic.get(phase_id, {}).values(), Counter[Outcome]()),
            p95=times[phase_id].quantile(0.95) if phase_id in times else None, burning=burning.get(phase_id, ()),
        )
        for phase_id, phase in active.items()
        if phase_id in traffic or phase_id in burning
    ]  # fmt: skip


def _times(
    tx: Transaction, traffic: dict[int, dict[int, Counter[Outcome]]], since: datetime, until: datetime
) -> dict[int, LatencySketch]:
    """Return the response times of each phase's busiest endpoints."""
    phase_of = {one: phase_id for phase_id, found in traffic.items() for one in busiest(found, TIMED)}
    times: dict[int, LatencySketch] = {}
    for name_id, sketch in tx.gateway_traffic.list_latencies(phase_of, since, until):
        times.setdefault(phase_of[name_id], LatencySketch()).merge(sketch)
    return times
