"""Messages as Teams gets them: each kind of block, and news of a ticket."""

from datetime import UTC, datetime
from typing import Any

from bot.views import charts
from bot.views.followup import verification
from bot.views.teams import card, chat, form, messages
from bot.views.text import Block, context, header, message, section
from domain.phases.phase import Phase
from domain.teams.outgoing import TeamsDialog, TeamsMessage
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Intake, Report, Severity, Ticket

APP, TENANT = "0b07f00d-0000-4000-8000-000000000001", "7d3f9c52-0000-4000-8000-00000000a001"  # of a bot
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINK = "https://hypercare.example/tickets/PAY-42"


def ticket(summary: str = "Totals are wrong", owner: str | None = None) -> Ticket:
    return Ticket(id=1, phase_id=1, key="PAY", number=42, reporter="U0MARIA", intake=Intake.COMMAND, opened_at=NOW,
                  owner=owner, report=Report(summary=summary, severity=Severity.CRITICAL))  # fmt: skip


def news(kind: EventKind = EventKind.OPENED, bot: str = "", **about: Any) -> dict[str, Any]:
    event = Event(kind=kind, actor="U0MARIA", at=NOW)
    return messages.ticket_news(ticket(**about), event, LINK, "Europe/Berlin", bot)


def every_block(words: str = "Open: 3") -> dict[str, Any]:
    """A digest with every kind of block that one has."""
    line = charts.chart("New and resolved, by day", "line", {"New": [1, 2], "Resolved": [0, 1]}, ["1 Mar", "2 Mar"])
    pie = charts.pie("Open, by severity", {"Critical": 1, "Low": 2})
    assert line
    assert pie
    table = charts.table("Open, by module", ["Module", "Open"], [("Payslips", 2), ("Pay run", 1)])
    blocks: list[Block] = [header("PAY"), section(words), context("On call: <@U0SAM>"), line, pie, table]
    return messages.digest(message("PAY", blocks), LINK, "Europe/Berlin")


def chats() -> list[TeamsMessage]:
    """Messages of the bot with every kind of button."""
    phase = Phase(key="PAY", name="Payday", system="Payday", triage_channel="C000001", oncall_channel="C000002",
                  leads=("U000001",))  # fmt: skip
    said = (verification.resolved(ticket()), chat.hello(), chat.which_phase([phase, phase], "It is down"),
            card.ticket_card(ticket(), phase, may_work=True))  # fmt: skip
    return [TeamsMessage(conversation="c", service_url="s", bot="b", account="a", text=chat.words_of(one, None, "UTC"),
                         buttons=chat.buttons_of(one, 1)) for one in said]  # fmt: skip


def dialog() -> TeamsDialog:
    """The dialog after it was sent with an error."""
    phase = Phase(key="PAY", name="Payday", system="Payday", triage_channel="C000001", oncall_channel="C000002",
                  leads=("U000001",))  # fmt: skip
    return form.report_dialog([phase], {"summary": "Totals"}, {"severity": "Nothing is chosen."})
