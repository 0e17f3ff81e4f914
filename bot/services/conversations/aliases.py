"""Who is behind an alias: they act under it in their ticket, and only the message that goes to them knows them."""

from dataclasses import replace

from bot.context import Desk
from bot.seal import unseal
from domain.conversations import alias
from domain.tickets.permissions import Action, Person
from domain.tickets.ticket import Ticket
from storage.transaction import Tx

OWN = frozenset({Action.SEE, Action.ADD_DETAILS, Action.WITHDRAW, Action.CONFIRM, Action.REOPEN})


def acting(desk: Desk, tx: Tx, person: Person, ticket: Ticket, action: Action) -> Person:
    """Whoever is behind a ticket's alias does under it what reporters do; everybody else, and all else, as they are."""
    return as_alias(desk, tx, person, ticket.reporter) if action in OWN else person


def as_alias(desk: Desk, tx: Tx, person: Person, name: str) -> Person:
    if not alias.is_alias(name):
        return person
    sealed = tx.seals.get(name)
    return replace(person, id=name) if sealed and unseal(desk.secret, sealed) == person.id else person


def speaking(desk: Desk, tx: Tx, thread_ts: str, person: Person) -> str | None:
    """The alias under which somebody speaks in a thread of their direct messages; None where they are themselves."""
    return next(
        (name for name, sealed in tx.seals.anchored(thread_ts) if unseal(desk.secret, sealed) == person.id), None
    )


def reveal(desk: Desk, name: str) -> str | None:
    """Who that is, for the message that goes to them; None once the phase is over."""
    with desk.store.read() as tx:
        sealed = tx.seals.get(name)
    return unseal(desk.secret, sealed) if sealed else None
