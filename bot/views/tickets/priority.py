"""What a ticket's priority is made of: in one line on its card, and in full on request."""

from domain.tickets.priority import PriorityInputs, parts, score
from domain.tickets.ticket import Severity, Ticket

SHOWN = 3  # of the reasons on the card


def line(ticket: Ticket, given: PriorityInputs) -> str:
    """`Priority 58: frequency 30, severity 12, people affected 16 · 4 people affected`."""
    first = "Critical tickets come first. " if given.severity is Severity.CRITICAL else ""
    reasons = ", ".join(f"{name} {points:.0f}" for name, points in list(parts(given).items())[:SHOWN] if points >= 0.5)
    people = f" · {ticket.affected} people affected" if ticket.affected > 1 else ""
    effort = f" · effort {ticket.effort}" if ticket.effort else ""
    return f"{first}Priority {score(given):.0f}: {reasons}{people}{effort}"


def full(ticket: Ticket, given: PriorityInputs) -> str:
    """Return each input with its points, as mrkdwn."""
    seen = {
        "severity": ticket.severity.value,
        "people affected": f"{max(ticket.affected, ticket.report.people or 0)}, {given.reach:.0%} of all users",
        "business consequence": ticket.report.business or "not given",
        "urgency": ticket.report.urgency or "not given",
        "frequency": f"{given.rate:.1f} a day",
    }
    lines = [f"• {name}: {points:.1f} ({seen[name]})" for name, points in parts(given).items()]
    order = f"With the same priority, the smaller effort comes first. Effort: {ticket.effort or 'not given'}."
    above = "Critical tickets come before all others. " if given.severity is Severity.CRITICAL else ""
    return "\n".join([f"*Priority {score(given):.0f} of 100*, made up of:", *lines, above + order])
