"""What a new action, decision or problem is about: a ticket, or a phase by its key or its channel."""

from collections.abc import Callable, Iterable

from bot.context import AppContext
from bot.services.phases.phases import choose_known_phase, choose_phase
from bot.services.tickets.session import TicketSession, require_ticket
from domain.phases.permissions import Action, Person, may
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction


def find_target(
    app: AppContext, tx: Transaction, person: Person, about: str, channel: str,
    require_team: Callable[[Person, Phase], None], *, ended: bool = False, lock: bool = False,
) -> tuple[Phase, Ticket | None]:  # fmt: skip
    """Return the phase, and the ticket if `about` is the id of one; else it is the key of a phase, or empty.

    `ended` finds phases that have ended too. Refused for people who don't work there.
    """
    if not about.isdecimal():
        choose = choose_known_phase if ended else choose_phase
        phase = choose(tx, key=about) if about else choose(tx, channel=channel)
        require_team(person, phase)
        return phase, None
    ticket = tx.tickets.lock_ticket(int(about)) if lock else tx.tickets.find_ticket(int(about))
    found, phase, _ = require_ticket(app, tx, ticket, person, Action.WORK)
    return phase, found


def lock_session(app: AppContext, tx: Transaction, person: Person, ticket_id: int | None) -> TicketSession | None:
    """Lock a ticket, and open a session on it for what was done about it; None without a ticket."""
    ticket = tx.tickets.lock_ticket(ticket_id) if ticket_id else None
    return TicketSession(app, tx, tx.phases.get(ticket.phase_id), ticket, person, app.now()) if ticket else None


def visible_names(
    tx: Transaction, person: Person, phase: Phase, ticket_ids: Iterable[int | None]
) -> dict[int | None, str]:  # fmt: skip
    """Return the names of those tickets of a phase that a person may see, by id; an empty one for no ticket."""
    ids = {one for one in ticket_ids if one is not None}
    seen = [one for one in tx.tickets.list_by_ids([*ids]) if may(person, Action.SEE, one, phase)] if ids else []
    return {None: "", **{one.id: one.name for one in seen}}
