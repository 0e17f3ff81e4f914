"""Queue cards for channels of Microsoft Teams: digests, and severe tickets from their report to their fix."""

from typing import Any

from bot.context import AppContext
from bot.services.tickets.links import link_to
from bot.services.tickets.session import TicketSession
from bot.views.teams import messages as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.phases.phase import Phase
from domain.teams.settings import TeamsChannel
from domain.tickets.event import Event, EventKind
from storage.transaction import Transaction


def queue_news(session: TicketSession) -> None:
    """Queue a card for what happened to a ticket: a consequence of every change.

    Private and anonymous tickets are never posted, and neither is what is imported, since it happened elsewhere.
    """
    events = [one for one in session.events if one.kind in views.TITLES]
    if not events or session.is_quiet or session.ticket.private or session.ticket.anonymous:
        return
    for channel in session.phase.teams_channels:
        _queue(session, channel, events)


def queue_digest(
    app: AppContext, tx: Transaction, phase: Phase, name: str, occasion: str, content: dict[str, Any], zone: str
) -> None:
    """Queue a digest, named `name`, for the channels that get it; `content` is the message in Slack."""
    for channel in phase.teams_channels:
        if name in channel.digests:
            lane = lane_name(LaneKind.TEAMS_DIGEST, phase.id, occasion, channel.name)
            place = tx.outbox.lane(lane, channel.system)
            tx.outbox.call_program(place, views.digest(content, app.home_link, zone), at=app.now())


def _queue(session: TicketSession, channel: TeamsChannel, events: list[Event]) -> None:
    """Queue the events that a channel is told: of its severities, and of what it was told of before."""
    ticket, tx = session.ticket, session.tx
    name = lane_name(LaneKind.TEAMS, ticket.id, channel.name)
    is_severe = ticket.severity in channel.severities and ticket.report.type.is_work
    was_told = tx.outbox.find(name) is not None
    new = [one for one in events if is_severe or (was_told and one.kind is not EventKind.SEVERITY)]
    if not is_severe and not was_told:
        return
    lane = tx.outbox.lane(name, channel.system, ticket_id=ticket.id)
    link = link_to(session.app, ticket) or session.app.home_link
    for event in new:
        tx.outbox.call_program(
            lane, views.ticket_news(ticket, event, link, session.phase.timezone, session.app.teams_bot), at=session.at
        )
