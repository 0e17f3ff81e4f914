"""Messages to Microsoft Teams that can't be delivered: people are told once, in plain words."""

import structlog

from bot.context import AppContext
from bot.services.connectors import trackers
from bot.services.delivery.outbox import report_dead
from bot.services.tickets.session import lock_ticket
from bot.views.teams import chat as views
from domain.delivery.message import OutboxMessage
from storage.transaction import Transaction

log = structlog.get_logger()
SYSTEM, LABEL = "teams_bot", "Microsoft Teams"
GONE = frozenset({"http_403", "http_404"})  # the person has removed the bot, or their account is gone


def note_failure(app: AppContext, tx: Transaction, reason: str) -> None:
    """Note that Teams took no message; the admins are told once when that lasts."""
    trackers.note_failure(app, tx, SYSTEM, LABEL, reason, views.teams_fails)


def note_success(app: AppContext, tx: Transaction) -> None:
    """Note that Teams took a message."""
    trackers.note_success(app, tx, SYSTEM, LABEL, views.teams_works)


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
