"""Macros: answers that a team gives often, with places for what differs from ticket to ticket."""

from domain.conversations.settings import PLACE, Macro
from domain.tickets.ticket import Ticket


def expand(macro: Macro, ticket: Ticket, me: str) -> str:
    """Its words for that ticket, written by `me`; people as mentions. What is not known is left out."""
    known = {
        "ticket": ticket.name, "summary": ticket.summary, "module": ticket.report.module,
        "severity": ticket.severity.value, "status": ticket.status.value, "me": f"<@{me}>",
        "owner": f"<@{ticket.owner}>" if ticket.owner else "the team",
        "reporter": "" if ticket.anonymous else f"<@{ticket.reporter}>",
    }  # fmt: skip
    return PLACE.sub(lambda found: known.get(found.group(1), found.group(0)), macro.text)
