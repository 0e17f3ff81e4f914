"""The JSON that webhooks and PagerDuty receive about an escalation."""

from datetime import datetime
from typing import Any

from bot.views.api.tickets import envelope
from domain.oncall.escalation import Escalation
from domain.oncall.pagerduty import dedup_key, title
from domain.tickets.ticket import Severity, Ticket

PAGERDUTY_SEVERITY = {Severity.CRITICAL: "critical", Severity.HIGH: "error", Severity.MEDIUM: "warning",
                      Severity.LOW: "info"}  # fmt: skip


def webhook(ticket: Ticket, escalation: Escalation, link: str, at: datetime) -> dict[str, Any]:
    """Return JSON about the ticket and its escalation; of two, the one with the larger `version` is newer."""
    data = {
        "escalation": escalation.id,
        "version": escalation.version,
        "ticket": ticket.name,
        "summary": ticket.summary,
        "severity": ticket.severity.value,
        "module": ticket.report.module,
        "status": ticket.status.value,
        "owner": escalation.owner if escalation.state.is_owned else None,
        "step": escalation.step,
        "round": escalation.round + 1,
        "reason": escalation.reason,
        "called": list(escalation.notified),
        "link": link,
    }
    return envelope(f"escalation.{_event(escalation)}", at, data)


def pagerduty(ticket: Ticket, escalation: Escalation, link: str, at: datetime) -> dict[str, Any]:
    """Return an event of PagerDuty's Events API v2; the routing key is added when it is sent.

    Source: https://developer.pagerduty.com/docs/send-alert-event
    """
    actions = {"called": "trigger", "acknowledged": "acknowledge", "ended": "resolve"}
    body: dict[str, Any] = {
        "event_action": actions[_event(escalation)],
        "dedup_key": dedup_key(ticket, escalation),
    }
    if body["event_action"] != "trigger":
        return body
    about = {
        "summary": title(ticket),
        "source": "hypercare",
        "timestamp": at.isoformat(),
        "severity": PAGERDUTY_SEVERITY[ticket.severity],
        "component": ticket.report.module or "unknown",
        "custom_details": {"step": escalation.step, "round": escalation.round + 1, "reason": escalation.reason},
    }
    return {**body, "payload": about, "links": [{"href": link, "text": ticket.name}], "client": "Hypercare"}


def _event(escalation: Escalation) -> str:
    if not escalation.is_live:
        return "ended"
    return "acknowledged" if escalation.state.is_owned else "called"
