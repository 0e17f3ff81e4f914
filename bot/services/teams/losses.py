"""Messages to Microsoft Teams that can't be delivered: the team is told once, in plain words."""

import structlog

from bot.context import AppContext
from bot.services.delivery.outbox import report_dead
from bot.services.tickets.session import lock_ticket
from bot.views.teams import chat as views
from domain.delivery.message import OutboxMessage
from storage.transaction import Transaction

log = structlog.get_logger()
GONE = frozenset({"http_403", "http_404"})  # the person has removed the bot, or their account is gone


def on_dead(app: AppContext, tx: Transaction, queued: OutboxMessage, reason: str) -> None:
    """Tell the team of a ticket that its person can't be reached in Teams; another reason is told to the leads."""
    ticket_id, person = queued.lane.ticket_id, queued.lane.channel
    if reason not in GONE:
        report_dead(app, tx, queued, reason)
        return
    if not tx.teams_people.note_gone(person, app.now()):
        return
    log.warning("teams_person_gone", reason=reason)
    session = lock_ticket(app, tx, ticket_id) if ticket_id else None
    if session is not None:
        leads = session.phase.lead_people
        session.conversation.tell_team(views.unreachable(session.ticket, leads, person))
