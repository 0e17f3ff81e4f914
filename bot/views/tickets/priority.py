"""What a ticket's priority is made of."""

from domain.text import plural
from domain.tickets.priority import PriorityInputs, parts, score
from domain.tickets.ticket import Severity, Ticket


def full(ticket: Ticket, given: PriorityInputs, users: int = 0) -> str:
    """Return each input with its points, as mrkdwn; `users` is how many people use the system, 0 when unknown."""
    affected = max(ticket.affected, ticket.report.people or 0)
    people = plural(affected, "1 person", "{count} people")
    of_all = plural(users, "{affected} of 1 person", "{affected} of {count} people", affected=affected)
    seen = {
        "severity": ticket.severity.value,
        "people affected": of_all if users >= affected else people,
        "business consequence": ticket.report.business or "not given",
        "urgency": ticket.report.urgency or "not given",
        "frequency": f"{given.rate:.1f} a day",
    }
    lines = [f"• {name}: {points:.1f} ({seen[name]})" for name, points in parts(given).items()]
    order = f"With the same priority, the smaller effort comes first. Effort: {ticket.effort or 'not given'}."
    above = "Critical tickets come before all others. " if given.severity is Severity.CRITICAL else ""
    return "\n".join([f"*Priority {score(given):.0f} of 100*, made up of:", *lines, above + order])
