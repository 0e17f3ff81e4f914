"""What leads see of signals: integrations, what came, what was not understood, and what a test alert would do."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.signals.integrations import address_of, get_kind
from domain.phases.phase import Phase
from domain.signals.alert import Alert
from domain.signals.kinds import KINDS
from domain.signals.rules import SignalDecision, decide
from domain.signals.summary import AlertLine, IntegrationLine, MissLine, SignalsOverview

MISSES_KEPT = timedelta(days=1)
WEEK = timedelta(days=7)
NEWEST, MISSES, ENDPOINTS = 10, 5, 5


def overview(app: AppContext, phase: Phase) -> SignalsOverview:
    """Return the integrations of a phase and what came in through them."""
    now = app.now()
    with app.store.read() as tx:
        integrations = tx.signal_integrations.list_by_phase(phase.id)
        newest = tx.signal_alerts.list_newest(phase.id, NEWEST)
        misses = tx.signal_integrations.list_misses(phase.id, now - MISSES_KEPT, MISSES)
        endpoints = dict(tx.signal_alerts.count_by_endpoint(phase.id, now - WEEK, ENDPOINTS))
        wanted = sorted({one.ticket_id for one in newest if one.ticket_id})
        names = {ticket.id: ticket.name for ticket in tx.tickets.list_by_ids(wanted)}
    lines = [
        IntegrationLine(
            kind=one.kind, address=address_of(app, phase, one.kind), made_at=one.made_at,
            is_revoked=one.revoked_at is not None, last_at=one.last_at, received=one.received,
            not_understood=one.not_understood,
            rotated_until=one.previous_until if one.previous_until and one.previous_until > now else None,
        )
        for one in integrations
    ]  # fmt: skip
    alerts = [AlertLine(one.title, one.source, one.link, one.firing, one.last_at, one.action,
                        names.get(one.ticket_id or 0, "")) for one in newest]  # fmt: skip
    open_kinds = {one.kind for one in integrations if not one.revoked_at}
    return SignalsOverview(
        phase=phase.name, key=phase.key, integrations=lines, alerts=alerts, endpoints=endpoints,
        misses=[MissLine(one.kind, one.at, one.reason, one.outline) for one in misses],
        others=[name for name in KINDS if name not in open_kinds],
    )  # fmt: skip


def try_rules(app: AppContext, phase: Phase, kind: str) -> SignalDecision:
    """Return what the rules say about a plain alert of that kind, without keeping anything."""
    known = get_kind(kind)
    alert = Alert(source=known.name, key="test", occurrence="test", is_firing=True, title=f"Test of {known.label}")
    return decide(alert, phase.signals, app.now(), phase.timezone, phase.intake.modules)
