"""Erase a person from the database on request."""

import secrets
from collections import Counter
from contextlib import suppress

from bot.context import AppContext
from bot.seal import unseal
from domain.address import FORGOTTEN_PREFIX
from domain.errors import Refused
from storage.store import StoreFailure

TRIES = 5  # it locks rows in every table, and may deadlock with other transactions


def erase(app: AppContext, person: str) -> Counter[str]:
    """Replace a person's ID everywhere by a random one; return changed rows by column.

    A person who writes e-mails may be named by their address, and one in Teams by the id of their account. Refused
    while a phase names the person.
    """
    for _ in range(TRIES - 1):
        with suppress(*StoreFailure):
            return _erase(app, person)
    return _erase(app, person)


def _erase(app: AppContext, person: str) -> Counter[str]:
    with app.transaction() as tx:
        writer, given = tx.mails.find_person(person), person
        known = writer or tx.teams_people.find_person(person)
        person = known.id if known else person
        sought = {person, writer.address} if writer else {person}
        named = [p.key for p in tx.phases.list_phases() if any(one in str(p) for one in sought)]
        if named:
            phases = ", ".join(named)
            raise Refused(f"{given} is in the settings or user groups of {phases}. Remove them there, then try again.")
        for name, sealed in tx.aliases.list_aliases():
            if unseal(app.secret, sealed) == person:
                tx.aliases.delete_alias(name)
        changed = tx.people.erase(person, f"{FORGOTTEN_PREFIX}{secrets.token_hex(4).upper()}")
        if left := tx.people.find_remaining(person):
            raise Refused(
                f"{person} could not be erased from {', '.join(left)}, so nothing was changed. This is an error in "
                "Hypercare. Please report it."
            )
        tx.audit.log("operator", "person forgotten", "", app.now())
    return changed
