"""What the desk knows of people, and forgetting them on request."""

import secrets
from collections import Counter
from contextlib import suppress

from bot.context import AppContext
from bot.seal import unseal
from domain.errors import Refused
from storage.store import StoreFailure

TRIES = 5  # it touches every table, and may meet others who work there


def erase(app: AppContext, person: str) -> Counter[str]:
    """Replace somebody's id everywhere by one that says nothing. Refused while a phase names them."""
    for _ in range(TRIES - 1):
        with suppress(*StoreFailure):
            return _erase(app, person)
    return _erase(app, person)


def _erase(app: AppContext, person: str) -> Counter[str]:
    with app.transaction() as tx:
        named = [p.key for p in tx.phases.list_phases() if person in str(p)]
        if named:
            where = f"the phase {', '.join(named)}, or in one of its user groups"
            raise Refused(f"{person} stands in {where}; please take them out first.")
        for name, sealed in tx.aliases.list_aliases():
            if unseal(app.secret, sealed) == person:
                tx.aliases.delete_alias(name)
        changed = tx.people.erase(person, f"U0FORGOTTEN{secrets.token_hex(4).upper()}")
        if left := tx.people.find_remaining(person):
            raise Refused(f"{person} still stands in {', '.join(left)}; nothing was changed.")
        tx.audit.log("operator", "person forgotten", "", app.now())
    return changed
