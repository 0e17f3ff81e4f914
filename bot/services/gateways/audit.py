"""The audit of API governance: tickets and figures of the last four weeks, by policy, for the team."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.context import AppContext
from bot.services.gateways.pages import phase_of_team
from bot.services.gateways.targets import attainments, outcomes_of_window
from bot.views.gateways import audit as views
from domain.gateways.audit import ApiReport, PolicyAudit, audit
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from storage.transaction import Transaction

BUSIEST = 25  # endpoints of a report


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """`api [PAY] audit`: return the audit, for the team only."""
    with app.store.read() as tx:
        phase, _ = phase_of_team(tx, person, channel, words, "the audit of its APIs")
        return views.page(phase, audited(tx, phase, app.now()))


def audited(tx: Transaction, phase: Phase, now: datetime) -> list[PolicyAudit]:
    """Return each policy with what is known of it; private tickets do not count."""
    return list(api_report(tx, phase, now).policies)


def api_report(tx: Transaction, phase: Phase, now: datetime) -> ApiReport:
    """Return the audit with the figures it is made of."""
    outcomes = outcomes_of_window(tx, phase, now)
    targets = attainments(tx, phase, now, outcomes)
    policies = audit(tx.gateway_traffic.list_governance_tickets(phase.id), outcomes, targets)
    busiest = sorted(outcomes.items(), key=lambda one: (-one[1].total(), one[0]))
    return ApiReport(policies, busiest[:BUSIEST], targets)
