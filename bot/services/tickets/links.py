"""Links to tickets: the address of each under the public URL, where it leads, and which may be unfolded."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.context import AppContext
from bot.services.tickets.lists import NAME, ticket_by_name
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.phases.permissions import Person
from domain.tickets.ticket import Ticket

PATH = "/tickets/"
IN_PATH = re.compile(r"/tickets/([A-Za-z][A-Za-z0-9]{1,9}-[0-9]{1,9})/?")


def link_to(app: AppContext, ticket: Ticket) -> str:
    """Return the address of a ticket; "" where nothing is served under a public URL."""
    return f"{app.public_url}{PATH}{ticket.name}" if app.public_url else ""


def place_of(app: AppContext, name: str) -> str:
    """Return where the address of a ticket leads in Slack: its card, or the App Home if it's private or unknown.

    Slack shows the card only to people of its channel, and nothing tells a private ticket from none.
    """
    found = NAME.match(name)
    with app.store.read() as tx:
        ticket = tx.tickets.find_by_name((found.group(1) or "").upper(), int(found.group(2))) if found else None
        if ticket is None or ticket.private:
            return app.home_link
        card = tx.outbox.find(lane_name(LaneKind.TEAM, ticket.id))
    return app.permalink(card.channel, card.thread_ts) if card and card.thread_ts else app.home_link


def list_public(app: AppContext, person: Person, urls: Iterable[str]) -> dict[str, Ticket]:
    """Return the tickets behind these addresses that the person may see and that are not private, by address."""
    found = {}
    for url in urls:
        if name := _name_in(app, url):
            try:
                ticket = ticket_by_name(app, name, person)
            except Refused:
                continue
            if not ticket.private:
                found[url] = ticket
    return found


def _name_in(app: AppContext, url: str) -> str:
    ours, parts = urlsplit(app.public_url), urlsplit(url)
    path = parts.path.removeprefix(ours.path)
    match = IN_PATH.fullmatch(path) if ours.netloc and parts.netloc.lower() == ours.netloc.lower() else None
    return match.group(1) if match else ""
