"""A ticket in the chat of a person of its team in Microsoft Teams, with the buttons that work on it."""

from typing import Any

from bot.views.text import message, quote, when
from domain.phases.phase import Phase
from domain.text import NAME_CLOSE, NAME_OPEN
from domain.tickets.status import Status
from domain.tickets.ticket import Fix, Ticket

Message = dict[str, Any]
ACKNOWLEDGE, RESOLVE = "acknowledge", "resolve"
ONLY_IN_SLACK = "That ticket is private or anonymous, so it's shown in Slack only."
IN_SLACK = "Write to the team in the ticket's thread in Slack. Here you can look at it, acknowledge and resolve it."


def ticket_card(ticket: Ticket, phase: Phase, *, may_work: bool) -> Message:
    """Return the card, without the name of the reporter."""
    owner = f"{NAME_OPEN}{ticket.owner}{NAME_CLOSE} looks into it." if ticket.owner else "No one has taken it yet."
    lines = [
        f"*{ticket.name}*: {quote(ticket.summary)}",
        f"Severity: {ticket.severity.capitalize()}. Status: {ticket.status.label}. {owner}",
        f"Reported {when(ticket.opened_at)}.",
    ]
    buttons = [*_buttons(ticket, phase)] if may_work else []
    # The chat is about no ticket, so the message says itself in which time zone its times are.
    return message("\n".join(lines)) | {"zone": phase.timezone} | ({"teams": {"buttons": buttons}} if buttons else {})


def _buttons(ticket: Ticket, phase: Phase) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if ticket.status is Status.RECEIVED and ticket.report.type.is_work:
        found.append({"label": "Acknowledge", "carries": {"do": ACKNOWLEDGE, "ticket": str(ticket.id)}})
    if ticket.status.is_open and ticket.status is not Status.RESOLVED and ticket.report.type.is_work:
        carried: dict[str, Any] = {"do": RESOLVE, "ticket": str(ticket.id)}
        found.append({"label": "Resolve", "carries": carried, "asks": _asks(ticket, phase)})
    return found


def _asks(ticket: Ticket, phase: Phase) -> list[dict[str, Any]]:
    """Return the fields of Slack's form that are needed."""
    depths = [[fix.value, f"{fix.label}: {fix.meaning}"] for fix in Fix]
    fields: list[dict[str, Any]] = [
        {"id": "explanation", "label": "What was done, in plain words", "required": True, "multiline": True},
        {"id": "fix", "label": "How deep does the fix go?", "options": depths, "required": True},
    ]
    if phase.followup.asks_for_tests(ticket.severity):
        needed = phase.followup.needs_test(ticket.severity, None)
        fields.append({"id": "test", "label": "How was it tested?", "multiline": True, "required": needed})
    return fields
