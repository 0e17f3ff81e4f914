"""Links that are opened without Slack: created, opened while their person has the right, listed and revoked."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from bot.context import AppContext
from domain.errors import Refused
from domain.phases.link import Link, LinkKind
from domain.phases.phase import Phase
from storage.transaction import Transaction

TOKEN_BYTES = 24  # 192 random bits: a hash without salt is enough to store them


def create(app: AppContext, tx: Transaction, kind: LinkKind, phase: Phase, person: str, days: int) -> str:
    """Store a new link and return its token, which is shown once; the audit log records it."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), app.now()
    tx.links.insert(token, kind, phase.id, person, at=now, until=now + timedelta(days=days))
    tx.audit.log(person, f"{kind} link, {days} days", phase.key, now)
    return token


def find_open(app: AppContext, kind: LinkKind, token: str) -> tuple[Phase, Link] | None:
    """Return what a token opens; None when it is unknown, expired, revoked, or its person lost the right."""
    with app.store.read() as tx:
        link = tx.links.find_by_token(kind, token)
        if link is None:
            return None
        phase = tx.phases.get(link.phase_id)
        return (phase, link) if link.opens_for(app.known_person(tx, link.person), phase, app.now()) else None


def list_links(app: AppContext) -> Sequence[tuple[Phase, Link]]:
    """Return every link with its phase, oldest first; the nightly cleanup deletes what has expired."""
    with app.store.read() as tx:
        return [(tx.phases.get(link.phase_id), link) for link in tx.links.list_all()]


def revoke(app: AppContext, link_id: int) -> Link:
    """Delete a link, so that it opens no more; raise Refused when there is none."""
    with app.transaction() as tx:
        found = tx.links.find(link_id)
        if found is None or not tx.links.delete(link_id):
            raise Refused(f"There is no link {link_id}. `hypercare links list` shows their numbers.")
        tx.audit.log("operator", f"{found.kind} link revoked", str(link_id), app.now())
    return found
