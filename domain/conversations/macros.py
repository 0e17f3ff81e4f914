"""Macros: replies that a team sends often, with placeholders for what differs between tickets."""

from collections.abc import Callable

from domain.conversations.settings import PLACE, Macro
from domain.tickets.ticket import Ticket


def expand(macro: Macro, ticket: Ticket, me: str, mention: Callable[[str], str]) -> str:
    """Return the macro's text for a ticket, sent by `me`; `mention` formats people, and unknown values are left out."""
    known = {
        "ticket": ticket.name, "summary": ticket.summary, "module": ticket.report.module,
        "severity": ticket.severity.value, "status": ticket.status.value, "me": mention(me),
        "owner": mention(ticket.owner) if ticket.owner else "the team",
        "reporter": "" if ticket.anonymous else mention(ticket.reporter),
    }  # fmt: skip
    return PLACE.sub(lambda found: known.get(found.group(1), found.group(0)), macro.text)
