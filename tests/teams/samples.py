"""Messages as Teams gets them: each kind of block, and news of a ticket."""

from datetime import UTC, datetime
from typing import Any

from bot.views import charts
from bot.views.teams import messages
from bot.views.text import Block, context, header, message, section
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Intake, Report, Severity, Ticket

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINK = "https://hypercare.example/tickets/PAY-42"


def ticket(summary: str = "Totals are wrong", owner: str | None = None) -> Ticket:
    return Ticket(id=1, phase_id=1, key="PAY", number=42, reporter="U0MARIA", intake=Intake.COMMAND, opened_at=NOW,
                  owner=owner, report=Report(summary=summary, severity=Severity.CRITICAL))  # fmt: skip


def news(kind: EventKind = EventKind.OPENED, **about: Any) -> dict[str, Any]:
    return messages.ticket_news(ticket(**about), Event(kind=kind, actor="U0MARIA", at=NOW), LINK, "Europe/Berlin")


def every_block(words: str = "Open: 3") -> dict[str, Any]:
    """A digest with every kind of block that one has."""
    line = charts.chart("New and resolved, by day", "line", {"New": [1, 2], "Resolved": [0, 1]}, ["1 Mar", "2 Mar"])
    pie = charts.pie("Open, by severity", {"Critical": 1, "Low": 2})
    assert line
    assert pie
    table = charts.table("Open, by module", ["Module", "Open"], [("Payslips", 2), ("Pay run", 1)])
    blocks: list[Block] = [header("PAY"), section(words), context("On call: <@U0SAM>"), line, pie, table]
    return messages.digest(message("PAY", blocks), LINK, "Europe/Berlin")
