"""Links to tickets in messages: unfolded for the channel, and their details for one person."""

from bot.context import AppContext
from bot.services.tickets import links, lists
from bot.views.tickets import unfurl
from domain.errors import Refused
from handlers.request import Answer, EntityDetails, Request, Unfurl


def shared(app: AppContext, call: Request) -> Answer:
    """Unfold the links to tickets that are not private; none in channels with other companies."""
    if call.is_external:
        return None
    links_ = call.payload.get("links")
    urls = [str(one.get("url") or "") for one in links_ if isinstance(one, dict)] if isinstance(links_, list) else []
    found = links.list_public(app, call.person, urls)
    if not found:
        return None
    return Unfurl(
        channel=call.channel, ts=str(call.payload.get("message_ts") or ""),
        cards={url: unfurl.card(ticket) for url, ticket in found.items()},
        entities=[unfurl.entity(ticket, url) for url, ticket in found.items()],
    )  # fmt: skip


def details(app: AppContext, call: Request) -> Answer:
    """Show a ticket in the side panel of the person who opened it, if they may see it."""
    about = call.payload.get("external_ref")
    name = str(about.get("id") or "") if isinstance(about, dict) else ""
    url = str(call.payload.get("entity_url") or "")
    trigger = str(call.payload.get("trigger_id") or "")
    try:
        ticket = lists.ticket_by_name(app, name, call.person)
    except Refused:
        return EntityDetails(trigger, None)
    return EntityDetails(trigger, unfurl.entity(ticket, url or links.link_to(app, ticket)))


EVENTS = {"link_shared": shared, "entity_details_requested": details}
