"""The audit of API governance: tickets and figures of the last four weeks, by policy, for the team."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.context import AppContext
from bot.services.gateways.pages import phase_of_team
from bot.services.gateways.targets import attainments, outcomes_of_window
from bot.views.gateways import audit as views
from domain.gateways.audit import PolicyAudit, audit
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from storage.transaction import Transaction


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """`api [PAY] audit`: return the audit, for the team only."""
    with app.store.read() as tx:
        phase, _ = phase_of_team(tx, person, channel, words, "the audit of its APIs")
        return views.page(phase, audited(tx, phase, app.now()))


def audited(tx: Transaction, phase: Phase, now: datetime) -> list[PolicyAudit]:
    """Return each policy with what is known of it; private tickets do not count."""
    outcomes = outcomes_of_window(tx, phase, now)
    return audit(tx.gateway_traffic.list_governance_tickets(phase.id), outcomes, attainments(tx, phase, now, outcomes))
