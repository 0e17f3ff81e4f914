"""The priority of a ticket, from its report and from how often and to how many people it happens."""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.phases.phase import Phase
from domain.tickets import priority
from domain.tickets.priority import CONSEQUENCE, URGENCY, Consequence, PriorityInputs, Rank, Urgency
from domain.tickets.status import Status
from domain.tickets.ticket import Report, Ticket
from storage.transaction import Transaction

DAY = timedelta(days=1)
WINDOW = 7 * DAY  # what happened before that says little about how often it happens


def first(report: Report, phase: Phase) -> Rank:
    """Return the rank of a new report."""
    return priority.rank(_inputs(report, phase, people=1, rate=1.0))


def inputs(tx: Transaction, ticket: Ticket, phase: Phase, now: datetime) -> PriorityInputs:
    """Return the inputs of a ticket's priority at that moment."""
    age = min(max((now - ticket.opened_at) / DAY, 1.0), WINDOW / DAY)
    rate = tx.affected.count_occurrences(ticket.id, now - WINDOW) / age
    return _inputs(ticket.report, phase, people=ticket.affected, rate=rate)


def refresh_priority(tx: Transaction, ticket: Ticket, phase: Phase, now: datetime) -> Ticket:
    """Calculate the rank again and save it; return the ticket with it."""
    affected = max(len(tx.affected.list_people(ticket.id)), 1)
    given = inputs(tx, replace(ticket, affected=affected), phase, now)
    new = priority.rank(given, ticket.effort, is_deferred=ticket.status is Status.DEFERRED)
    return tx.tickets.update_rank(ticket, new, affected)


def _inputs(report: Report, phase: Phase, *, people: int, rate: float) -> PriorityInputs:
    return PriorityInputs(
        severity=report.severity, reach=priority.reach(max(people, report.people or 0), phase.user_count),
        business=CONSEQUENCE[Consequence(report.business)] if report.business else 0.0,
        urgency=URGENCY[Urgency(report.urgency)] if report.urgency else 0.0, rate=rate,
    )  # fmt: skip
