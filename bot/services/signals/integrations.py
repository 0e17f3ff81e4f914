"""Integrations for signals: added, rotated and revoked by leads and operators, and proven by each request."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.context import AppContext
from bot.seal import seal, unseal
from bot.services.phases.phases import get_phase, split_off_phase
from domain.errors import Refused
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.signals import proof
from domain.signals.alert import SignalKind
from domain.signals.kinds import KINDS
from domain.spelling import nearest
from storage.signals.integrations import SignalIntegration
from storage.transaction import Transaction

OVERLAP = timedelta(days=1)  # after a rotation, in which the previous secret works too
MIN_SECRET = 16  # characters of a secret that a sender has made
OPERATOR = "operator"


def add(app: AppContext, key: str, kind: str, by: str, given: str = "", request: str | None = None) -> str:
    """Add an integration of a phase, or one again that was revoked, and return its secret, which is never shown again.

    `given` is the secret of a sender that makes it itself. Refused when the integration is open.
    """
    phase, known = get_phase(app, key), get_kind(kind)
    with app.transaction(request) as tx:
        integration, now = tx.signal_integrations.find(phase.id, known.name, lock=True), app.now()
        if integration and not integration.revoked_at:
            raise Refused(
                f"{phase.key} has an integration for {known.label} already. Rotate its secret to get a new one."
            )
        secret = _new_secret(app, known, given)
        values = _secret_values(app, known, secret) | {"previous_until": None, "revoked_at": None, "made_by": by,
                                                       "made_at": now}  # fmt: skip
        if integration:
            tx.signal_integrations.update(integration.id, values)
        else:
            tx.signal_integrations.insert(phase.id, known.name, values)
        tx.audit.log(by, "integration added", f"{phase.key} {known.name}", now)
    return secret


def rotate(app: AppContext, key: str, kind: str, by: str, given: str = "", request: str | None = None) -> str:
    """Give an integration a new secret and return it; the previous one works for another day."""
    phase, known = get_phase(app, key), get_kind(kind)
    with app.transaction(request) as tx:
        integration, now = _get_open(tx, phase, known), app.now()
        secret = _new_secret(app, known, given)
        previous = {
            "previous_hash": integration.hash,
            "previous_sealed": integration.sealed,
            "previous_until": now + OVERLAP,
        }
        tx.signal_integrations.update(integration.id, _secret_values(app, known, secret) | previous)
        tx.audit.log(by, "integration secret rotated", f"{phase.key} {known.name}", now)
    return secret


def revoke(app: AppContext, key: str, kind: str, by: str, request: str | None = None) -> None:
    """Revoke an integration: its secrets stop working at once."""
    phase, known = get_phase(app, key), get_kind(kind)
    with app.transaction(request) as tx:
        integration, now = _get_open(tx, phase, known), app.now()
        gone = {"hash": "", "sealed": "", "previous_hash": "", "previous_sealed": "", "previous_until": None}
        tx.signal_integrations.update(integration.id, gone | {"revoked_at": now})
        tx.audit.log(by, "integration revoked", f"{phase.key} {known.name}", now)


def phase_of_lead(app: AppContext, person: Person, channel: str, words: list[str]) -> tuple[Phase, list[str]]:
    """Return the phase that a lead names or is in, and the other words. Refused for others."""
    with app.store.read() as tx:
        phase, rest = split_off_phase(tx, channel, words)
    require_lead(person, phase)
    return phase, list(rest)


def require_lead(person: Person, phase: Phase) -> None:
    if not is_lead(person, phase):
        raise Refused(f"Only leads of {phase.name} can see and change its integrations for signals.")


def get_kind(name: str) -> SignalKind:
    """Return a kind of sender by name. Refused when there is none."""
    if name.lower() in KINDS:
        return KINDS[name.lower()]
    guess = nearest(name, KINDS)
    if guess:
        raise Refused(f"There is no kind “{name[:40]}”. Did you mean `{guess}`?")
    raise Refused(f"There is no kind “{name[:40]}”. Use one of: {', '.join(KINDS)}.")


def is_proven(
    app: AppContext, kind: SignalKind, integration: SignalIntegration, headers: Mapping[str, str], body: bytes
) -> bool:
    """Return whether a request has the secret of the integration, or is signed with it."""
    now = app.now()
    if kind.sends_secret and proof.sends_secret(headers, integration.hashes(now)):
        return True
    if kind.signature is None or kind.signature.header not in headers:
        return False
    known = (unseal(app.secret, sealed) for sealed in integration.seals(now))
    return any(kind.signature.accepts(one, headers, body, now.timestamp()) for one in known if one)


def can_be_proven(app: AppContext, kind: SignalKind, integration: SignalIntegration) -> bool:
    """Return whether a request can prove itself; a sender that only signs needs a secret that we can read."""
    return kind.sends_secret or any(unseal(app.secret, sealed) for sealed in integration.seals(app.now()))


def address_of(app: AppContext, phase: Phase, kind: str) -> str:
    """Return the address of an integration; without HYPERCARE_PUBLIC_URL only its path."""
    return f"{app.public_url}/signals/{phase.key}/{kind}"


def _get_open(tx: Transaction, phase: Phase, kind: SignalKind) -> SignalIntegration:
    integration = tx.signal_integrations.find(phase.id, kind.name, lock=True)
    if integration is None or integration.revoked_at:
        raise Refused(
            f"{phase.key} has no integration for {kind.label}. Add one with `signals add {phase.key} {kind.name}`."
        )
    return integration


def _new_secret(app: AppContext, kind: SignalKind, given: str) -> str:
    """Return a new secret, or the one that the sender made."""
    if not kind.picks_secret:
        return secrets.token_hex(24)
    if len(given) < MIN_SECRET:
        raise Refused(
            f"{kind.label} creates its secret itself. An operator has to save it in a file, and run "
            f"`hypercare signals add KEY {kind.name} --secret-file FILE`."
        )
    if not app.secret:
        raise Refused(
            f"{kind.label} signs its requests, so Hypercare has to keep its secret. Set HYPERCARE_SECRET first."
        )
    return given


def _secret_values(app: AppContext, kind: SignalKind, secret: str) -> dict[str, Any]:
    """Return the columns of a secret: its hash, and sealed where the sender can sign."""
    sealed = seal(app.secret, secret) if kind.signature and app.secret else ""
    return {"hash": proof.hash_of(secret), "sealed": sealed, "previous_hash": "", "previous_sealed": ""}
