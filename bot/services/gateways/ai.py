"""What a phase's AI gateway tells: calls, cost and times by model, team and prompt, and what is left of budgets."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.context import AppContext
from bot.services.gateways.pages import period_of, phase_of_team
from bot.views.gateways import ai as views
from domain.gateways.ai_overview import PERIODS, USUAL_PERIOD, AiOverview
from domain.gateways.ai_usage import AiSums, AiUse
from domain.gateways.prompts import comparisons
from domain.gateways.settings import AiBudget, BudgetPeriod
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.text import fits_pattern
from storage.transaction import Transaction

Hours = list[tuple[datetime, AiUse, AiSums]]
Name = TypeVar("Name")
LONG_AGO = timedelta(days=3650)


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """`ai [PAY] [24h | 7d | 28d]`: return the page, for the team only."""
    with app.store.read() as tx:
        phase, rest = phase_of_team(tx, person, channel, words, "the figures of its AI gateway")
        period = period_of("ai", rest, PERIODS, USUAL_PERIOD)
        return views.page(overview(tx, phase, period, app.now()))


def overview(tx: Transaction, phase: Phase, period: str, now: datetime) -> AiOverview:
    """Return the calls of the last days, the running hour included."""
    until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours: Hours = [*tx.ai_usage.list_hours(phase.id, until - PERIODS[period], until)]
    compared = comparisons(_by(hours, lambda _, use: use.prompt))
    named = {name for found in compared for name in (found.newer, found.older)}
    return AiOverview(
        phase=phase.name, key=phase.key, period=period, models=_by(hours, lambda _, use: _model(use)),
        teams=_by(hours, lambda _, use: use.team or use.consumer), comparisons=compared,
        tickets={name: tx.ai_usage.list_tickets_naming(phase.id, name) for name in sorted(named)},
        days=_by(hours, lambda at, _: phase.local_date(at)), budgets=spent_on(tx, phase, now),
        has_calls=bool(hours) or tx.ai_usage.has_any(phase.id),
    )  # fmt: skip


def spent_on(tx: Transaction, phase: Phase, now: datetime) -> list[tuple[AiBudget, float]]:
    """Return how much of each budget is spent, today or in the phase."""
    if not phase.gateways.ai_budgets:
        return []
    begins = {BudgetPeriod.DAY: phase.start_of_day(phase.local_date(now)), BudgetPeriod.PHASE: now - LONG_AGO}
    costs = {period: tx.ai_usage.sum_cost(phase.id, since) for period, since in begins.items()}
    return [
        (one, sum(cost for (model, team), cost in costs[one.per].items()
                  if fits_pattern(model, one.model) and fits_pattern(team, one.team)))
        for one in phase.gateways.ai_budgets
    ]  # fmt: skip


def _by(hours: Iterable[tuple[datetime, AiUse, AiSums]], name: Callable[[datetime, AiUse], Name]) -> dict[Name, AiSums]:
    """Return the sums of calls by a name; those without one are left out."""
    found: dict[Name, AiSums] = {}
    for at, use, sums in hours:
        if named := name(at, use):
            found.setdefault(named, AiSums()).merge(sums)
    return found


def _model(use: AiUse) -> str:
    return f"{use.model} ({use.provider})" if use.provider else use.model
