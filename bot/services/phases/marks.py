"""Marks of a rehearsal: links that prove that an input is part of one, so that nothing of it stays."""

import secrets
from datetime import timedelta

from bot.context import AppContext
from bot.services.phases import links
from domain.api.query import Scope
from domain.phases.link import LinkKind
from domain.phases.phase import Phase
from storage.transaction import Transaction

LASTS = timedelta(days=1)  # where the process ended before it deleted one


def create(app: AppContext, phase_id: int, tx: Transaction) -> str:
    """Store a new mark for the inputs of a phase; return its text, which is stored nowhere."""
    mark, now = secrets.token_urlsafe(links.TOKEN_BYTES), app.now()
    tx.links.insert(mark, LinkKind.REHEARSAL, phase_id, app.bot_user, at=now, until=now + LASTS, scopes=[Scope.TICKETS])
    return mark


def delete(mark: str, tx: Transaction) -> None:
    tx.links.delete_token(LinkKind.REHEARSAL, mark)


def is_marked(app: AppContext, phase: Phase, mark: str) -> bool:
    """Return whether an input is part of a rehearsal of a phase."""
    found = links.find_open(app, LinkKind.REHEARSAL, mark) if mark else None
    return found is not None and found[0].id == phase.id
