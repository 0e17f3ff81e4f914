"""SLA deadlines of a ticket: its clocks and milestones, calculated from its log, and the timer of the next warning."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.services.tickets.session import TicketSession
from domain.followup.waiting import waiting_times
from domain.phases.phase import Phase
from domain.reporting.milestones import milestones
from domain.sla.clocks import SlaClock, SlaTarget, first_due, next_warning_at, pending_warnings, sla_clocks
from domain.sla.targets import policy_for, working_hours
from domain.tickets.event import Event
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

KIND = "sla"


def clocks(ticket: Ticket, phase: Phase, events: Sequence[Event]) -> Mapping[SlaTarget, SlaClock]:
    return sla_clocks(events, policy_for(phase, ticket.report.module))


def measure(tx: Transaction, ticket: Ticket, phase: Phase, events: Sequence[Event]) -> Mapping[SlaTarget, SlaClock]:
    """Return the SLA clocks of a ticket, and save its milestones for reports."""
    found = clocks(ticket, phase, events)
    reached = milestones(events, policy_for(phase, ticket.report.module), found)
    if reached:
        tx.milestones.upsert(ticket, reached)
    return found


def update_deadlines(session: TicketSession) -> None:
    """Set the timer of the next warning, and save the first target and whom the ticket waits on for cards and lists.

    A warning that is due already is sent at once.
    """
    tx, ticket, phase, now = session.tx, session.ticket, session.phase, session.at
    events = session.list_events()
    found = measure(tx, ticket, phase, events)
    warn_at = now if pending_warnings(events, found, now) else next_warning_at(found, now)
    if warn_at:
        tx.timers.set_once(f"{KIND}:{ticket.id}", KIND, warn_at, ticket_id=ticket.id)
    elif ticket.due_at:
        tx.timers.cancel(f"{KIND}:{ticket.id}")
    first, turn = first_due(found), waiting_times(events, working_hours(phase), now)
    due_at, since = first.due if first else None, turn.since if turn else None
    if (ticket.due_at, ticket.waiting_since) != (due_at, since):
        tx.tickets.update_deadlines(ticket.id, due_at, since)
    session.card = replace(session.card, due=first, turn=turn)
