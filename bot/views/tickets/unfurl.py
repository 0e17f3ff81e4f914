"""A ticket where a link to it was posted: as a Work Object of Slack's, or as a small card.

Slack's page: https://docs.slack.dev/messaging/work-objects-overview
"""

from typing import Any

from bot.views.text import context, escape, section
from bot.views.tickets.ticket import headline
from domain.tickets.status import STATUSES
from domain.tickets.ticket import Ticket

Entity = dict[str, Any]


def card(ticket: Ticket) -> dict[str, Any]:
    """The small card, for workspaces without Work Objects."""
    facts = [STATUSES[ticket.status].label, *filter(None, [ticket.report.module])]
    return {"blocks": [section(headline(ticket)), context(" · ".join(escape(one) for one in facts))]}


def entity(ticket: Ticket, url: str) -> Entity:
    """The same as a Work Object, which the side panel shows too."""
    fields: dict[str, Any] = {
        "status": {"value": STATUSES[ticket.status].label},
        "priority": {"value": ticket.severity.value.capitalize()},
    }
    if ticket.report.module:
        fields["service"] = {"value": ticket.report.module}
    attributes = {"title": {"text": ticket.summary}, "display_type": "Ticket", "display_id": ticket.name,
                  "product_name": "Hypercare"}  # fmt: skip
    return {
        "entity_type": "slack#/entities/incident", "url": url, "app_unfurl_url": url,
        "external_ref": {"id": ticket.name, "type": "ticket"},
        "entity_payload": {"attributes": attributes, "fields": fields},
    }  # fmt: skip
