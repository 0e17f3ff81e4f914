"""SLA deadlines of a ticket: its clocks and milestones, calculated from its log, and the timer of the next warning."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.services.tickets.session import TicketSession
from domain.followup.waiting import waiting_times
from domain.phases.phase import Phase
from domain.reporting.milestones import milestones
from domain.sla import clocks as levels
from domain.sla.clocks import SlaClock, SlaTarget
from domain.sla.targets import policy_for, working_hours
from domain.tickets.event import Event
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

KIND = "sla"


def clocks(ticket: Ticket, phase: Phase, events: Sequence[Event]) -> Mapping[SlaTarget, SlaClock]:
    return levels.sla_clocks(events, policy_for(phase, ticket.report.module))


def measure(tx: Transaction, ticket: Ticket, phase: Phase, events: Sequence[Event]) -> Mapping[SlaTarget, SlaClock]:
    """Return the SLA clocks of a ticket, and save the milestones that figures are made of."""
    found = clocks(ticket, phase, events)
    reached = milestones(events, policy_for(phase, ticket.report.module), found)
    if reached:
        tx.milestones.upsert(ticket, reached)
    return found


def update_deadlines(session: TicketSession) -> None:
    """Set the timer of the next warning, and keep the next target and whose turn it is for the card and for lists.

    A warning that is due already is given at once, since the timer may have been about to.
    """
    tx, ticket, phase, now = session.tx, session.ticket, session.phase, session.at
    events = session.list_events()
    found = measure(tx, ticket, phase, events)
    following = now if levels.pending_warnings(events, found, now) else levels.next_warning_at(found, now)
    if following:
        tx.timers.set_once(f"{KIND}:{ticket.id}", KIND, following, ticket_id=ticket.id)
    elif ticket.due_at:
        tx.timers.cancel(f"{KIND}:{ticket.id}")
    first, turn = levels.first_due(found), waiting_times(events, working_hours(phase), now)
    due_at, since = first.due if first else None, turn.since if turn else None
    if (ticket.due_at, ticket.waiting_since) != (due_at, since):
        tx.tickets.update_deadlines(ticket.id, due_at, since)
    session.card = replace(session.card, due=first, turn=turn)
