"""What is said about promises: that their time is going, and every morning which are over it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.views.text import message, quote, section, when
from domain.text import mention
from domain.ticket import Ticket

SHARES = {0.5: "half", 0.8: "80 %", 1.0: "all"}
ROWS = 5  # in one block, which holds 3,000 characters


def target(ticket: Ticket, goal: str, share: float, due: datetime, called: Sequence[str]) -> dict[str, Any]:
    """For the team: so much of the time promised is gone."""
    whom = f"{' '.join(map(mention, called))}: " if called else ""
    if share >= 1.0:
        return message(f"{whom}the time to {goal} of *{ticket.name}* is over since {when(due)}.")
    return message(f"{whom}{SHARES[share]} of the time to {goal} of *{ticket.name}* is gone; it ends {when(due)}.")


def late(tickets: Sequence[Ticket], *, more: bool) -> dict[str, Any]:
    """Every morning: what is over its time."""
    rows = [f"• *{t.name}* · {quote(t.summary, 100)} · since {when(t.due_at)}{_whose(t)}" for t in tickets if t.due_at]
    rest = ["… and more: `/hypercare list late` has all of them."] if more else []
    text = f"{len(tickets)}{'+' if more else ''} over the time that was promised: {', '.join(t.name for t in tickets)}"
    lines = [*rows, *rest]
    some = [section("\n".join(lines[i : i + ROWS])) for i in range(0, len(lines), ROWS)]
    return message(text, [section("*Over the time that was promised*"), *some])


def _whose(ticket: Ticket) -> str:
    return f" · <@{ticket.owner}>" if ticket.owner else " · no owner yet"
