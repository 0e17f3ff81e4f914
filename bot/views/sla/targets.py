"""What is said about targets: that the time to reach one is going."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.views.text import message, when
from domain.text import mention
from domain.tickets.ticket import Ticket

SHARE_WORDS = {0.5: "half", 0.8: "80 %", 1.0: "all"}


def warning(ticket: Ticket, goal: str, share: float, due: datetime, called: Sequence[str]) -> dict[str, Any]:
    """For the team: so much of the time promised is gone."""
    whom = f"{' '.join(map(mention, called))}: " if called else ""
    if share >= 1.0:
        return message(f"{whom}the time to {goal} of *{ticket.name}* is over since {when(due)}.")
    return message(f"{whom}{SHARE_WORDS[share]} of the time to {goal} of *{ticket.name}* is gone; it ends {when(due)}.")
