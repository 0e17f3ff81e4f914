"""Opening a ticket's case: held by this transaction, for somebody who may."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.context import AppContext
from bot.services.conversations import aliases
from bot.services.tickets.session import Case
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.tickets.permissions import Action, Person, require
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

CONCERNED = (Action.CONFIRM, Action.REOPEN)  # what everybody may whom a ticket concerns


@contextmanager
def opened(
    app: AppContext, ticket_id: int, person: Person, action: Action, request: str | None, also: int | None = None
) -> Iterator[Case]:
    """The ticket, held for change by somebody who may; afterwards its card is drawn anew. `also` is another one."""
    with app.transaction(request) as tx:
        if also is not None:
            tx.tickets.lock(min(ticket_id, also))  # in one order, whichever is named first
        ticket = tx.tickets.lock(ticket_id)
        if ticket is None:
            raise Refused("This ticket does not exist.")
        phase = tx.phases.get(ticket.phase_id)
        person = allowed(app, tx, person, action, ticket, phase)
        case = Case(app, tx, phase, ticket, person, app.now())
        yield case
        case.refresh()


def held(app: AppContext, tx: Transaction, ticket_id: int | None) -> Case | None:
    """A ticket to which something is done by itself, held for change; None when there is none, or only its figures."""
    ticket = tx.tickets.lock(ticket_id) if ticket_id else None
    if ticket is None or not ticket.is_kept:
        return None
    return Case(app, tx, tx.phases.get(ticket.phase_id), ticket, Person(app.bot_user), app.now())


def allowed(app: AppContext, tx: Transaction, person: Person, action: Action, ticket: Ticket, phase: Phase) -> Person:
    """Whoever acts, under the name by which the ticket knows them; Refused when they may not."""
    acting = aliases.acting(app, tx, person, ticket, action)
    affected = action in CONCERNED and acting.id in tx.affected.people(ticket.id)
    require(acting, action, ticket, phase, affected=affected)
    return acting
