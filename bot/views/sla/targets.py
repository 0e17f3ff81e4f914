"""Messages about SLA targets: how much of the time is used, and that a target was missed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.views.text import mention, message, when
from domain.sla.clocks import SlaTarget
from domain.tickets.ticket import Ticket

USED = {0.5: "half", 0.8: "80 %"}  # of the time for a target
NEXT_STEP = {
    SlaTarget.ACKNOWLEDGE: "Acknowledge it by {due}.",
    SlaTarget.UPDATE: "Send the reporter an update by {due}.",
    SlaTarget.RESOLVE: "Resolve it by {due}.",
}
LATE_STEP = {
    SlaTarget.ACKNOWLEDGE: "Acknowledge it now.",
    SlaTarget.UPDATE: "Send the reporter an update now.",
    SlaTarget.RESOLVE: "Resolve it, or tell the reporter when you will.",
}


def warning(ticket: Ticket, target: SlaTarget, share: float, due: datetime, called: Sequence[str]) -> dict[str, Any]:
    """Tell the team how much of the time for a target is used; `called` are mentioned."""
    whom = f"{' '.join(map(mention, called))}: " if called else ""
    if share >= 1.0:
        return message(
            f"{whom}*{ticket.name}* missed its {target.label} target {when(due)}. {LATE_STEP[target]}",
        )
    step = NEXT_STEP[target].format(due=when(due))
    return message(f"{whom}{USED[share]} of the time for the {target.label} target of *{ticket.name}* is used. {step}")


def logged(target: SlaTarget, share: float) -> str:
    """The same in the timeline, after the name of the bot."""
    if share >= 1.0:
        return f"warned that it missed its {target.label} target"
    return f"warned that {USED[share]} of the time for its {target.label} target is used"
