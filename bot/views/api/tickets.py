"""A ticket and its events as JSON. What webhooks send and what the read API answers has the same form."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from domain.address import is_alias
from domain.phases.phase import Phase
from domain.reporting.figures import Backlog, PeriodCounts
from domain.tickets.event import FIGURE_DATA, Event
from domain.tickets.ticket import Severity, Ticket


def ticket_data(ticket: Ticket, link: str) -> dict[str, Any]:
    """Return what programs are told of a ticket; of a private or an anonymous one without its reporter."""
    report = ticket.report
    return {
        "name": ticket.name,
        "phase": ticket.key,
        "summary": ticket.summary,
        "type": report.type.value,
        "severity": ticket.severity.value,
        "status": ticket.status.value,
        "module": report.module or None,
        "process": report.process or None,
        "category": report.category or None,
        "owner": ticket.owner,
        "reporter": reporter_of(ticket),
        "private": ticket.private,
        "anonymous": ticket.anonymous,
        "intake": ticket.intake.value,
        "affected": ticket.affected,
        "priority": round(ticket.priority, 1),
        "fix": ticket.fix.value if ticket.fix else None,
        "judgement": ticket.judgement.value if ticket.judgement else None,
        "deferred_until": _moment(ticket.due),
        "opened_at": _moment(ticket.opened_at),
        "changed_at": _moment(ticket.changed_at),
        "due_at": _moment(ticket.due_at),
        "link": link or None,
    }


def whole_ticket(ticket: Ticket, link: str) -> dict[str, Any]:
    """Return a ticket with what its report says."""
    report = ticket.report
    said = {
        "happened": report.happened,
        "steps": report.steps,
        "expected": report.expected,
        "actual": report.actual,
        "impact": report.impact,
        "environment": report.environment,
        "workaround": ticket.workaround,
        "extra": dict(report.extra),
    }
    return ticket_data(ticket, link) | {"report": said}


def event_data(ticket: Ticket, event: Event) -> dict[str, Any]:
    """Return an event without what people wrote; the reporter of a private or an anonymous ticket is not named."""
    return {
        "kind": event.kind.value,
        "at": _moment(event.at),
        "actor": _named(ticket, event.actor),
        "details": {name: value for name, value in event.data.items() if name in FIGURE_DATA},
    }


def figures(phase: Phase, backlog: Backlog, count: PeriodCounts, since: datetime, until: datetime) -> dict[str, Any]:
    """Return the open tickets of a phase in numbers, and what happened on its day."""
    return {
        "phase": phase.key,
        "name": phase.name,
        "open": {
            "total": backlog.total,
            "severities": {severity.value: backlog.severities[severity] for severity in Severity},
            "unacknowledged": backlog.unacknowledged,
            "unassigned": backlog.unassigned,
            "waiting_on_reporter": backlog.waiting_on_reporter,
            "deferred": backlog.deferred,
            "overdue": backlog.overdue,
            "due_today": backlog.due_today,
        },
        "today": {
            "since": _moment(since),
            "until": _moment(until),
            "opened": count.opened,
            "critical": count.critical,
            "resolved": count.resolved,
            "reopened": count.reopened,
            "missed_target": count.breached,
        },
    }


def webhook(ticket: Ticket, event: Event, link: str) -> dict[str, Any]:
    """Return the body of a webhook about an event, in the form of Standard Webhooks."""
    data = {"ticket": ticket_data(ticket, link), "event": event_data(ticket, event)}
    return envelope(f"ticket.{event.kind}", event.at, data)


def envelope(kind: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every webhook of ours looks like."""
    return {"type": kind, "timestamp": at.isoformat(), "data": dict(data)}


def reporter_of(ticket: Ticket) -> str | None:
    """Return the id of the reporter, as far as programs may know it."""
    return None if ticket.private or ticket.anonymous else ticket.reporter


def _named(ticket: Ticket, person: str) -> str | None:
    hidden = reporter_of(ticket) is None and person in (ticket.reporter, ticket.filed_by)
    return None if hidden or is_alias(person) else person


def _moment(value: datetime | date | None) -> str | None:
    return value.isoformat() if value else None
