"""Following a ticket: which of its updates a follower gets."""

from bot.context import AppContext
from bot.services.tickets.session import require_ticket
from bot.views.conversations import following as views
from domain.conversations.following import FollowLevel
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.phases.permissions import Action, Person, require_kept
from domain.tickets.ticket import Ticket


def follow(app: AppContext, ticket_id: int, person: Person, wants: FollowLevel, request: str | None = None) -> Ticket:
    """Set which updates the person gets; the reporter always gets all of them."""
    with app.transaction(request) as tx:
        ticket, _, person = require_ticket(app, tx, tx.tickets.find_ticket(ticket_id), person, Action.SEE)
        require_kept(ticket)
        if person.id == ticket.reporter:
            raise Refused(f"{ticket.name} is your own report, so you get all its updates.")
        tx.followers.update_level(ticket.id, person.id, wants, app.now())
        if wants is not FollowLevel.NOTHING:
            lane = tx.outbox.lane(lane_name(LaneKind.FOLLOWER, ticket.id, person.id), person.id, ticket_id=ticket.id)
            if not tx.outbox.has_messages(lane):
                tx.outbox.post(lane, views.follows(ticket, wants), at=app.now())
    return ticket
