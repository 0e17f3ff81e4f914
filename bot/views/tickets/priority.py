"""Why a ticket stands where it stands: in one line on its card, and in full for whoever asks."""

from domain.tickets.priority import PriorityInputs, parts, score
from domain.tickets.ticket import Severity, Ticket

SHOWN = 3  # of the reasons on the card


def line(ticket: Ticket, given: PriorityInputs) -> str:
    """`Priority 58: frequency 30, severity 12, people affected 16 · 4 people affected`."""
    first = "Critical, before everything else. " if given.severity is Severity.CRITICAL else ""
    reasons = ", ".join(f"{name} {points:.0f}" for name, points in list(parts(given).items())[:SHOWN] if points >= 0.5)
    people = f" · {ticket.affected} people affected" if ticket.affected > 1 else ""
    effort = f" · effort {ticket.effort}" if ticket.effort else ""
    return f"{first}Priority {score(given):.0f}: {reasons}{people}{effort}"


def full(ticket: Ticket, given: PriorityInputs) -> str:
    """Each input with its points, as mrkdwn."""
    seen = {
        "severity": ticket.severity.value,
        "people affected": f"{max(ticket.affected, ticket.report.people or 0)}, a reach of {given.reach:.0%}",
        "business consequence": ticket.report.business or "not said",
        "urgency": ticket.report.urgency or "not said",
        "frequency": f"{given.rate:.1f} a day",
    }
    lines = [f"• {name}: {points:.1f} ({seen[name]})" for name, points in parts(given).items()]
    order = f"Among equals the smaller effort comes first; here it is {ticket.effort or 'not known'}."
    above = "A critical comes before everything that is not. " if given.severity is Severity.CRITICAL else ""
    return "\n".join([f"*Priority {score(given):.0f} of 100*, and why", *lines, above + order])
