"""Links that are opened without Slack: created, opened while their person has the right, listed and revoked."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from domain.errors import Refused
from domain.phases.link import Link, LinkKind
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from storage.transaction import Transaction

TOKEN_BYTES = 24  # 192 random bits: a hash without salt is enough to store them


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRule:
    """How long a link of that kind lasts, in days, and how it is refused; the words name the phase and the limit."""

    kind: LinkKind
    days: int
    most_days: int
    only_leads: str
    wrong_days: str


def create_by_lead(
    app: AppContext, person: Person, channel: str, words: Sequence[str], request: str, rule: LinkRule
) -> tuple[Phase, str, datetime]:
    """Create a link to a phase for one of its leads; return the phase, the token, and when the link ends."""
    with app.transaction(request) as tx:
        phase, rest = split_off_phase(tx, channel, words)
        if not is_lead(person, phase):
            raise Refused(rule.only_leads.format(phase=phase.name))
        days = int(rest[0]) if rest and rest[0].isdecimal() else 0 if rest else rule.days
        if not 0 < days <= rule.most_days:
            raise Refused(rule.wrong_days.format(most=rule.most_days))
        token = create(app, tx, rule.kind, phase, person.id, days)
    return phase, token, app.now() + timedelta(days=days)


def create(
    app: AppContext,
    tx: Transaction,
    kind: LinkKind,
    phase: Phase,
    person: str,
    days: int,
    *,
    scopes: Sequence[str] = (),
) -> str:
    """Store a new link and return its token, which is shown once; the audit log records it."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), app.now()
    tx.links.insert(token, kind, phase.id, person, at=now, until=now + timedelta(days=days), scopes=scopes)
    data = {"scopes": ", ".join(scopes)} if scopes else {}
    tx.audit.log(person, f"{kind} link, {days} days", phase.key, now, **data)
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
