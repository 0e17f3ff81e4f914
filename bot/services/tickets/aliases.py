"""Aliases of anonymous reporters: they act under the alias, and only a message to them is addressed to the person."""

from dataclasses import replace

from bot.context import AppContext
from bot.seal import unseal
from domain.address import is_alias
from domain.phases.permissions import Action, Person
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

REPORTER_ACTIONS = frozenset({Action.SEE, Action.ADD_DETAILS, Action.WITHDRAW, Action.CONFIRM, Action.REOPEN})


def acting(app: AppContext, tx: Transaction, person: Person, ticket: Ticket, action: Action) -> Person:
    """Return the person under the ticket's alias where it is theirs and a reporter's action; else as they are."""
    return as_alias(app, tx, person, ticket.reporter) if action in REPORTER_ACTIONS else person


def as_alias(app: AppContext, tx: Transaction, person: Person, name: str) -> Person:
    if not is_alias(name):
        return person
    sealed = tx.aliases.find_identity(name)
    return replace(person, id=name) if sealed and unseal(app.secret, sealed) == person.id else person


def speaking(app: AppContext, tx: Transaction, thread_ts: str, person: Person) -> str | None:
    """Return the person's alias in a thread of their direct messages; None where they have none."""
    return next(
        (name for name, sealed in tx.aliases.list_by_thread(thread_ts) if unseal(app.secret, sealed) == person.id), None
    )


def reveal(app: AppContext, name: str) -> str | None:
    """Return the person behind an alias, to address a message to them; None once the phase is over."""
    with app.store.read() as tx:
        sealed = tx.aliases.find_identity(name)
    return unseal(app.secret, sealed) if sealed else None
