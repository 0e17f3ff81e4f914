"""Receive signals: prove who sent them, read them, and keep them with what follows in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

import structlog

from bot.context import AppContext
from bot.services.intake.intake import after_opening
from bot.services.phases import marks
from bot.services.signals import budgets, integrations, targets, tickets
from domain.errors import Refused, Repeated
from domain.gateways.ai_usage import AiUsage, add_up_calls
from domain.gateways.body import in_pieces
from domain.gateways.traffic import Traffic, add_up
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.rehearsal.marks import HEADER, UNDONE
from domain.signals.alert import Delivery, NotUnderstood, SignalKind, SignalRequest
from domain.signals.kinds import KINDS
from domain.signals.outline import outline
from domain.text import plural
from domain.tickets.ticket import Ticket
from storage.signals.integrations import SignalIntegration
from storage.transaction import Transaction

log = structlog.get_logger()
Sums = tuple[Traffic, AiUsage]
PATIENCE = 0.2  # seconds an alert lets people go first; Sentry waits one for its answer
PEOPLE_FIRST = 0.05  # seconds the reading of one request waits for people in all
KEPT_MISSES = 50  # of an integration
AI = KINDS["ai"].name
SKIPPED = "Some alerts of the request have no name or state."
SKIPPED_LINES = "Some lines of the request lack the fields of a known log."


class SignalAnswer(NamedTuple):
    """The answer to a sender: an HTTP status and a sentence."""

    status: int
    said: str


NO_INTEGRATION = SignalAnswer(404, "There is no such integration.")
NOT_PROVEN = SignalAnswer(401, "The secret or the signature is missing or wrong.")
OTHER_SECRET = SignalAnswer(401, "What its sender signs can't be checked since HYPERCARE_SECRET changed. Rotate it.")


def receive(app: AppContext, key: str, kind: str, headers: Mapping[str, str], body: bytes) -> SignalAnswer:
    """Take in a request; `headers` have lower-case names.

    What was understood, seen before or not understood is answered with 200 after the commit, so that no sender tries
    again for ever.
    """
    known = KINDS.get(kind.lower())
    with app.store.read() as tx:
        phase = tx.phases.find_by_key(key)
        integration = tx.signal_integrations.find(phase.id, known.name) if phase and known else None
    if known is None or phase is None or integration is None or phase.state is PhaseState.EXITED:
        return _refused(NO_INTEGRATION)
    if marks.is_marked(app, phase, headers.get(HEADER, "")):
        return _rehearse(app, known, phase, integration, SignalRequest(headers, body, phase.signals.generic))
    if not integrations.is_proven(app, known, integration, headers, body):
        return _refused(NOT_PROVEN)
    pause = _pause(app)
    try:
        delivery = known.read(SignalRequest(headers, body, phase.signals.generic, pause))
    except NotUnderstood as error:
        return _not_understood(app, known, integration, error.reason, body)
    try:
        return _take_in(app, known, phase, integration, delivery, body, pause)
    except Repeated:
        return SignalAnswer(200, "This was received before.")


def _take_in(
    app: AppContext, kind: SignalKind, phase: Phase, integration: SignalIntegration, delivery: Delivery, body: bytes,
    pause: Callable[[], None],
) -> SignalAnswer:  # fmt: skip
    now = app.now()
    traffic = add_up(in_pieces(delivery.calls, pause), now)
    usage = add_up_calls(in_pieces(delivery.ai_calls, pause), now)
    if kind.sends_logs:
        pause()
    with app.transaction(_key(integration, delivery, body), patience=PATIENCE) as tx:
        opened = _keep(app, tx, kind, phase, integration, delivery, body, (traffic, usage))
    for ticket in opened:
        after_opening(app, ticket)
    lines = max(len(delivery.calls), len(delivery.ai_calls))
    count = lines or len(delivery.alerts)
    log.info("signal_received", kind=kind.name, phase=phase.key, count=count, tickets=len(opened))
    if delivery.is_test:
        return SignalAnswer(200, f"The test of {kind.label} has arrived.")
    if lines:
        return SignalAnswer(200, plural(count, "Received 1 line.", "Received {count} lines."))
    return SignalAnswer(200, plural(count, "Received 1 alert.", "Received {count} alerts."))


def _keep(
    app: AppContext, tx: Transaction, kind: SignalKind, phase: Phase, integration: SignalIntegration,
    delivery: Delivery, body: bytes, sums: Sums,
) -> list[Ticket]:  # fmt: skip
    """Keep a delivery with what its lines add up to; return the tickets that its alerts opened."""
    now, (traffic, usage) = app.now(), sums
    tx.signal_integrations.find(phase.id, kind.name, lock=True)  # deliveries at one integration are taken in one by one
    tx.signal_integrations.count_delivery(integration.id, now, missed=bool(delivery.skipped))
    if delivery.skipped:
        reason = SKIPPED_LINES if kind.sends_logs else SKIPPED
        tx.signal_integrations.insert_miss(integration.id, now, reason, outline(body), KEPT_MISSES)
    if traffic:
        tx.gateway_traffic.add(phase.id, traffic, now)
        targets.plan_check(tx, phase, now)
    if usage:
        tx.signal_integrations.find(phase.id, AI, lock=True)  # the other integration through which calls of models come
        tx.ai_usage.add(phase.id, usage)
        delivery = replace(delivery, alerts=(*delivery.alerts, *budgets.alerts(tx, phase, now)))
    return [] if delivery.is_test else tickets.take_in(app, tx, phase, delivery)


def _rehearse(
    app: AppContext, kind: SignalKind, phase: Phase, integration: SignalIntegration, request: SignalRequest
) -> SignalAnswer:  # fmt: skip
    """Take in a request of a rehearsal as if the phase were active, and keep nothing of it."""
    if integration.revoked_at:
        return NO_INTEGRATION
    if not integrations.can_be_proven(app, kind, integration):
        return OTHER_SECRET
    try:
        delivery, now = kind.read(request), app.now()
        with app.undone() as tx:
            sums = add_up([delivery.calls], now), add_up_calls([delivery.ai_calls], now)
            _keep(app, tx, kind, phase.activated(), integration, delivery, request.body, sums)
    except NotUnderstood as error:
        return SignalAnswer(422, error.reason)
    except Refused as no:
        return SignalAnswer(409, no.text)
    return SignalAnswer(200, UNDONE)


def _pause(app: AppContext) -> Callable[[], None]:
    """Return what lets people go first between pieces of work; for a while in all, so that lines don't pile up."""
    left = PEOPLE_FIRST

    def pause() -> None:
        nonlocal left
        left -= app.wait_for_people(left)

    return pause


def _key(integration: SignalIntegration, delivery: Delivery, body: bytes) -> str | None:
    """Return the key of a batch of lines that a sender may send again; lines without ids may well be alike."""
    ids = [call.id for call in delivery.calls] + [call.id for call in delivery.ai_calls]
    has_ids = bool(ids) and all(ids)
    return f"signal:{integration.id}:{sha256(body).hexdigest()}" if has_ids else None


def _not_understood(
    app: AppContext, kind: SignalKind, integration: SignalIntegration, reason: str, body: bytes
) -> SignalAnswer:
    with app.transaction() as tx:
        tx.signal_integrations.count_delivery(integration.id, app.now(), missed=True)
        tx.signal_integrations.insert_miss(integration.id, app.now(), reason, outline(body), KEPT_MISSES)
    log.warning("signal_not_understood", kind=kind.name, reason=reason)
    return SignalAnswer(200, f"Received, but not understood. {reason}")


def _refused(answer: SignalAnswer) -> SignalAnswer:
    log.warning("signal_refused", status=answer.status)
    return answer
