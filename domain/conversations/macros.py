"""Macros: answers that a team gives often, with places for what differs from ticket to ticket."""

import re
from dataclasses import dataclass

from domain.tickets.ticket import Ticket

PLACE = re.compile(r"\{([a-z_]+)\}")
PLACES = ("ticket", "summary", "reporter", "owner", "module", "severity", "status", "me")


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """`text` may hold places such as `{reporter}`."""

    name: str
    text: str


def unknown(text: str) -> list[str]:
    """Places in it that nothing fills."""
    return sorted({name for name in PLACE.findall(text) if name not in PLACES})


def expand(macro: Macro, ticket: Ticket, me: str) -> str:
    """Its words for that ticket, written by `me`; people as mentions. What is not known is left out."""
    known = {
        "ticket": ticket.name, "summary": ticket.summary, "module": ticket.report.module,
        "severity": ticket.severity.value, "status": ticket.status.value, "me": f"<@{me}>",
        "owner": f"<@{ticket.owner}>" if ticket.owner else "the team",
        "reporter": "" if ticket.anonymous else f"<@{ticket.reporter}>",
    }  # fmt: skip
    return PLACE.sub(lambda found: known.get(found.group(1), found.group(0)), macro.text)
