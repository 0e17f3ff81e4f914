"""A budget for models that runs out is an alert like any other: one ticket, over when the next day begins."""

from datetime import datetime

from bot.services.gateways.ai import spent_on
from bot.views.gateways import ai as views
from domain.gateways.ai_usage import NEARLY
from domain.gateways.settings import AiBudget
from domain.phases.phase import Phase
from domain.signals.alert import Alert
from domain.signals.components import Component
from domain.signals.kinds.ai import NAME
from domain.tickets.ticket import Severity
from storage.transaction import Transaction


def alerts(tx: Transaction, phase: Phase, now: datetime) -> tuple[Alert, ...]:
    """Return an alert for each budget: firing when it is used up or nearly so, over otherwise."""
    return tuple(_alert(budget, spent) for budget, spent in spent_on(tx, phase, now))


def _alert(budget: AiBudget, spent: float) -> Alert:
    severity = Severity.HIGH if spent >= budget.amount else Severity.MEDIUM
    return Alert(
        source=NAME, key=f"budget:{budget.name}", occurrence="", is_firing=spent >= NEARLY * budget.amount,
        title=views.budget_title(budget, spent), severity=severity, text=views.budget_reason(budget, spent),
        labels={"component": Component.AI_COST.value},
    )  # fmt: skip
