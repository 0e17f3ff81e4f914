"""How far the targets of endpoints are met, and which of their error budgets burn too fast."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from domain.gateways.call import Outcome
from domain.gateways.targets import (
    BURNS,
    SHORT_BURN,
    ApiGoal,
    ApiMeasure,
    Attainment,
    BurnAlert,
    Counted,
    GoodAndBad,
    burns_now,
    count_available,
    goals_of,
    is_due,
)
from domain.gateways.traffic import SLOT, TrafficBy, slot_of
from domain.phases.phase import Phase
from storage.transaction import Transaction


def goals(tx: Transaction, phase: Phase) -> list[ApiGoal]:
    """Return the goals of the endpoints that are known, by endpoint."""
    if not phase.gateways.targets:
        return []
    return goals_of(phase.gateways.targets, tx.gateway_traffic.list_names(phase.id, TrafficBy.ENDPOINT))


def burns(tx: Transaction, phase: Phase, now: datetime) -> list[tuple[ApiGoal, BurnAlert | None]]:
    """Return each goal with the alert that its error budget is due for, if any.

    This runs each minute, so the hours before are only read of the goals whose budget burns at the moment.
    """
    wanted = goals(tx, phase)
    lately = _counted(tx, phase, wanted, SHORT_BURN, now)
    suspects = [goal for goal in wanted if burns_now(goal, lately[goal], now)]
    found: dict[ApiGoal, BurnAlert | None] = {}
    for alert in BURNS:  # the worst first, whose hours are the fewest
        counted = _counted(tx, phase, [goal for goal in suspects if not found.get(goal)], alert.windows.long, now)
        found |= {goal: alert if is_due(alert, goal, times, now) else None for goal, times in counted.items()}
    return [(goal, found.get(goal)) for goal in wanted]


def attainments(
    tx: Transaction, phase: Phase, now: datetime, available: Mapping[str, Counter[Outcome]] | None = None
) -> list[Attainment]:
    """Return how far each goal is met over its window; `available` is `outcomes_of_window`, if it was read already."""
    wanted = goals(tx, phase)
    if not wanted:
        return []
    outcomes = outcomes_of_window(tx, phase, now) if available is None else available
    timed = [goal for goal in wanted if goal.measure is ApiMeasure.P95]
    of_window = _counted(tx, phase, timed, ApiMeasure.P95.window, now)
    last_hour = _counted(tx, phase, wanted, BURNS[0].windows.long, now)
    return [
        Attainment(
            goal, _total(of_window[goal]) if goal in of_window
            else count_available(outcomes.get(goal.endpoint, Counter[Outcome]())),
            goal.burn_rate(_total(last_hour[goal])),
        )
        for goal in wanted
    ]  # fmt: skip


def outcomes_of_window(tx: Transaction, phase: Phase, now: datetime) -> dict[str, Counter[Outcome]]:
    """Return how the requests of each endpoint ended, over the window of availability."""
    until = slot_of(now) + SLOT
    return tx.gateway_traffic.sum_by_name(phase.id, TrafficBy.ENDPOINT, until - ApiMeasure.AVAILABILITY.window, until)


def _counted(
    tx: Transaction, phase: Phase, wanted: Iterable[ApiGoal], span: timedelta, now: datetime
) -> dict[ApiGoal, list[tuple[datetime, GoodAndBad]]]:
    """Return what counts for each goal by five minutes; response times are only read of goals that are about them."""
    found: dict[ApiGoal, list[tuple[datetime, GoodAndBad]]] = {goal: [] for goal in wanted}
    available, timed = (
        {goal.endpoint: goal for goal in found if goal.measure is measure}
        for measure in (ApiMeasure.AVAILABILITY, ApiMeasure.P95)
    )
    until = slot_of(now) + SLOT
    since = until - span - SLOT
    if available:
        ended = tx.gateway_traffic.list_outcomes(phase.id, TrafficBy.ENDPOINT, since, until, available)
        for key, outcomes in ended:
            found[available[key.name]].append((key.at, count_available(outcomes)))
    if timed:
        for key, bins in tx.gateway_traffic.list_bins(phase.id, TrafficBy.ENDPOINT, since, until, timed):
            found[timed[key.name]].append((key.at, timed[key.name].count_timed(bins)))
    return found


def _total(counted: Counted) -> GoodAndBad:
    return sum((found for _, found in counted), GoodAndBad())
