"""Aliases of anonymous reporters: they act under the alias, and only a message to them is addressed to the person."""

from dataclasses import replace

from bot.context import AppContext
from bot.seal import seal, unseal
from domain.address import is_alias, new_alias
from domain.errors import Refused
from domain.phases.permissions import Action, Person
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

UNAVAILABLE = ("Anonymous reports aren't available, because HYPERCARE_SECRET isn't set. Choose “Show my name”, or ask "
               "an operator to set it.")  # fmt: skip
REPORTER_ACTIONS = frozenset({Action.SEE, Action.ADD_DETAILS, Action.WITHDRAW, Action.CONFIRM, Action.REOPEN})


def create(app: AppContext, tx: Transaction, phase: Phase, person: Person) -> Person:
    """Return the person under a new alias, whose identity is sealed; Refused without a secret to seal it with."""
    if not app.secret:
        raise Refused(UNAVAILABLE, field="anonymous")
    name = new_alias()
    tx.aliases.insert_alias(name, phase.id, seal(app.secret, person.id))
    return _under(name, person)


def acting(app: AppContext, tx: Transaction, person: Person, ticket: Ticket, action: Action) -> Person:
    """Return the person under the ticket's alias where it is theirs and a reporter's action; else as they are."""
    return as_alias(app, tx, person, ticket.reporter) if action in REPORTER_ACTIONS else person


def as_alias(app: AppContext, tx: Transaction, person: Person, name: str) -> Person:
    if not is_alias(name):
        return person
    sealed = tx.aliases.find_identity(name)
    return _under(name, person) if sealed and unseal(app.secret, sealed) == person.id else person


def _under(name: str, person: Person) -> Person:
    """Return the person under an alias, which is no admin: that would tell who it is."""
    return replace(person, id=name, admin=False)


def speaking(app: AppContext, tx: Transaction, thread_ts: str, person: Person) -> tuple[str | None, bool]:
    """Return the person's alias in a thread of their direct messages, and whether one may be about to be known.

    The alias is None where they have none there, or where the bot does not know yet that the thread is theirs.
    """
    mine = [(name, known) for name, sealed, known in tx.aliases.list_by_thread(thread_ts)
            if unseal(app.secret, sealed) == person.id]  # fmt: skip
    return next((name for name, known in mine if known), None), bool(mine)


def reveal(app: AppContext, name: str) -> str | None:
    """Return the person behind an alias, to address a message to them; None once the phase is over."""
    with app.store.read() as tx:
        sealed = tx.aliases.find_identity(name)
    return unseal(app.secret, sealed) if sealed else None
