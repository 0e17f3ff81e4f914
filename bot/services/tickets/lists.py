"""Looking things up: one ticket, my tickets, the open desk. Nothing is changed here."""

import re
from collections.abc import Sequence

from bot.context import Desk
from bot.services.conversations import aliases
from bot.services.tickets import priority
from bot.services.tickets.opening import allowed
from domain.conversations.comment import Saying
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.tickets.event import Event
from domain.tickets.permissions import Action, Person, is_responder
from domain.tickets.priority import Inputs
from domain.tickets.ticket import Ticket

NAME = re.compile(r"^#?(?:([A-Za-z][A-Za-z0-9]{1,9})-)?([0-9]{1,9})$")


def ticket_by_name(desk: Desk, text: str, person: Person) -> Ticket:
    """`PAY-42`, or `42` when there is only one phase; Refused when there is none that this person may see."""
    found = NAME.match(text.strip())
    if not found:
        raise Refused("Which ticket do you mean? It looks like PAY-42.")
    with desk.store.read() as tx:
        phases = tx.phases.all()
        key = (found.group(1) or (phases[0].key if len(phases) == 1 else "")).upper()
        ticket = tx.tickets.by_name(key, int(found.group(2)))
        if ticket is None:
            raise Refused(f"There is no {f'{key}-{found.group(2)}'.lstrip('-')} that you can see.")
        phase = tx.phases.get(ticket.phase_id)
        allowed(desk, tx, person, Action.SEE, ticket, phase)
        return _as_seen(ticket, person, phase)


def ticket_by_id(desk: Desk, ticket_id: int | None, person: Person, action: Action = Action.SEE) -> Ticket:
    """A ticket that a button or a form claims to be about."""
    with desk.store.read() as tx:
        ticket = tx.tickets.find(ticket_id) if ticket_id is not None else None
        if ticket is None:
            raise Refused("This ticket does not exist.")
        phase = tx.phases.get(ticket.phase_id)
        allowed(desk, tx, person, action, ticket, phase)
        return _as_seen(ticket, person, phase)


def _as_seen(ticket: Ticket, person: Person, phase: Phase) -> Ticket:
    return ticket if is_responder(person, phase) else ticket.without_inside


def history(desk: Desk, ticket: Ticket) -> list[Event]:
    with desk.store.read() as tx:
        return tx.tickets.events(ticket.id)


def conversation(desk: Desk, ticket: Ticket, person: Person) -> Sequence[Saying]:
    """What its reporter and the team said to each other; nobody else's to read."""
    with desk.store.read() as tx:
        phase = tx.phases.get(ticket.phase_id)
        acting = aliases.as_alias(desk, tx, person, ticket.reporter)
        mine = acting.id == ticket.reporter or is_responder(person, phase)
        return tx.conversations.of(ticket.id) if mine else ()


def phase_of(desk: Desk, ticket: Ticket) -> Phase:
    with desk.store.read() as tx:
        return tx.phases.get(ticket.phase_id)


def weighed(desk: Desk, ticket: Ticket) -> Inputs:
    """What its priority is made of now."""
    with desk.store.read() as tx:
        return priority.inputs(tx, ticket, tx.phases.get(ticket.phase_id), desk.now())


def others(desk: Desk, ticket: Ticket) -> int:
    """How many it concerns besides its reporter."""
    with desk.store.read() as tx:
        return len(tx.followers.of(ticket.id).keys() - {ticket.reporter})


def is_affected(desk: Desk, ticket: Ticket, person: Person) -> bool:
    with desk.store.read() as tx:
        return aliases.as_alias(desk, tx, person, ticket.reporter).id in tx.affected.people(ticket.id)


def mine(desk: Desk, person: Person) -> list[Ticket]:
    with desk.store.read() as tx:
        return tx.tickets.of_reporter(person.id)
