"""How far the targets of endpoints are met, and which of their error budgets burn too fast."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.gateways.call import DOWN
from domain.gateways.targets import (
    BURNS,
    LONGEST_BURN,
    ApiGoal,
    ApiMeasure,
    Attainment,
    BurnAlert,
    GoodAndBad,
    burning,
    goals_of,
)
from domain.gateways.traffic import SLOT, TrafficBy, TrafficSums, merged, slot_of
from domain.phases.phase import Phase
from storage.transaction import Transaction

Slots = list[tuple[datetime, TrafficSums]]


def goals(tx: Transaction, phase: Phase) -> list[ApiGoal]:
    """Return the goals of the endpoints that are known, by endpoint."""
    if not phase.gateways.targets:
        return []
    return goals_of(phase.gateways.targets, tx.gateway_traffic.list_names(phase.id, TrafficBy.ENDPOINT))


def burns(tx: Transaction, phase: Phase, now: datetime) -> list[tuple[ApiGoal, BurnAlert | None]]:
    """Return each goal with the alert that its error budget is due for, if any."""
    wanted = goals(tx, phase)
    slots = _slots(tx, phase, wanted, LONGEST_BURN, now)
    return [(goal, burning(goal, slots[goal.endpoint], now)) for goal in wanted]


def attainments(tx: Transaction, phase: Phase, now: datetime) -> list[Attainment]:
    """Return how far each goal is met over its window."""
    wanted, until = goals(tx, phase), slot_of(now) + SLOT
    if not wanted:
        return []
    available = tx.gateway_traffic.sum_by_name(
        phase.id, TrafficBy.ENDPOINT, until - ApiMeasure.AVAILABILITY.window, until
    )
    timed = [goal for goal in wanted if goal.measure is ApiMeasure.P95]
    slots = _slots(tx, phase, timed, ApiMeasure.P95.window, now)
    hour = _slots(tx, phase, wanted, BURNS[0].long, now)
    found = []
    for goal in wanted:
        if goal.measure is ApiMeasure.AVAILABILITY:
            outcomes = available.get(goal.endpoint)
            counted = GoodAndBad(outcomes.total(), sum(outcomes[one] for one in DOWN)) if outcomes else GoodAndBad()
        else:
            counted = goal.count(merged(sums for _, sums in slots[goal.endpoint]))
        last = goal.count(merged(sums for _, sums in hour[goal.endpoint]))
        found.append(Attainment(goal, counted, goal.burn_rate(last)))
    return found


def _slots(
    tx: Transaction, phase: Phase, wanted: Iterable[ApiGoal], span: timedelta, now: datetime
) -> defaultdict[str, Slots]:
    """Return the traffic of the goals' endpoints in the last hours, by endpoint."""
    found, only, until = defaultdict[str, Slots](list), {goal.endpoint for goal in wanted}, slot_of(now) + SLOT
    if only:
        for key, sums in tx.gateway_traffic.list_slots(phase.id, TrafficBy.ENDPOINT, until - span - SLOT, until, only):
            found[key.name].append((key.at, sums))
    return found
