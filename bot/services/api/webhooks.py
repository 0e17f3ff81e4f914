"""Which programs are told of a change to a ticket: the webhooks of its phase, in order for each ticket."""

from bot.services.tickets.links import link_to
from bot.services.tickets.session import TicketSession
from bot.views.api import tickets as views
from domain.api.settings import Webhook
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import Lane


def queue_events(session: TicketSession) -> None:
    """Queue a call for each new event of a session: a consequence of every change.

    What is imported is not told, since nothing happened to it here.
    """
    if session.is_quiet:
        return
    for webhook in session.phase.webhooks:
        events = [one for one in session.events if not webhook.events or one.kind in webhook.events]
        if events and _may_know(webhook, session):
            lane, link = _lane(session, webhook), link_to(session.app, session.ticket)
            for event in events:
                session.tx.outbox.call_program(lane, views.webhook(session.ticket, event, link), at=session.at)


def _may_know(webhook: Webhook, session: TicketSession) -> bool:
    return webhook.private or not (session.ticket.private or session.ticket.anonymous)


def _lane(session: TicketSession, webhook: Webhook) -> Lane:
    name = lane_name(LaneKind.WEBHOOK, session.ticket.id, webhook.name)
    return session.tx.outbox.lane(name, webhook.system, ticket_id=session.ticket.id)
