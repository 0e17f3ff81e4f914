"""A ticket's card and its priority, kept up to date with each change."""

from dataclasses import replace

from bot.services.tickets import priority
from bot.services.tickets.session import TicketSession
from bot.views.tickets.card import card
from domain.delivery.message import MessagePriority
from domain.tickets.ticket import Severity


def refresh_priority(session: TicketSession) -> None:
    """Calculate the priority again; that of a new ticket is right already."""
    if not session.is_new:
        session.ticket = priority.refresh_priority(session.tx, session.ticket, session.phase, session.at)


def update_card(session: TicketSession) -> None:
    """Post the card of a new ticket, or show the ticket as it is now."""
    tx, ticket, at = session.tx, session.ticket, session.at
    origin = ticket.origin
    source = session.app.permalink(origin.channel, origin.ts, origin.thread_ts) if origin else None
    shown = card(ticket, session.list_events(), replace(session.card, source=source))
    lane = session.conversation.open_team_lane()
    if session.is_new:
        session.conversation.send(lane, [shown], _card_priority(session))
    else:
        tx.outbox.update_first(lane, shown, at=at)


def _card_priority(session: TicketSession) -> MessagePriority:
    if session.is_quiet:
        return MessagePriority.DIGEST
    is_critical = session.ticket.severity is Severity.CRITICAL
    return MessagePriority.PAGE if is_critical else MessagePriority.ACKNOWLEDGEMENT


def note_home_change(session: TicketSession) -> None:
    """Have the App Homes that show the ticket drawn again after the commit."""
    session.note_home_change()
