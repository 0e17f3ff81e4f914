"""Service levels of a ticket: its clocks and milestones from its log, and the timer of whoever has to be told next."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.followup.waiting import WaitingTimes, waiting_times
from domain.phases.phase import Phase
from domain.reporting.milestones import milestones
from domain.sla import clocks as levels
from domain.sla.clocks import SlaClock, SlaTarget
from domain.sla.targets import policy_for, working_hours
from domain.tickets.event import Event
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

KIND = "level"


def clocks(ticket: Ticket, phase: Phase, events: Sequence[Event]) -> Mapping[SlaTarget, SlaClock]:
    return levels.sla_clocks(events, policy_for(phase, ticket.report.module))


def measure(tx: Transaction, ticket: Ticket, phase: Phase, events: Sequence[Event]) -> Mapping[SlaTarget, SlaClock]:
    """The same clocks, and what figures are made of is kept."""
    found = clocks(ticket, phase, events)
    reached = milestones(events, policy_for(phase, ticket.report.module), found)
    if reached:
        tx.milestones.upsert(ticket, reached)
    return found


def wind(
    tx: Transaction, ticket: Ticket, phase: Phase, events: Sequence[Event], now: datetime
) -> tuple[SlaClock | None, WaitingTimes | None]:
    """Set the timer for the next moment at which somebody has to be told; the target due first, and whose turn it is.

    What is due already and was not said is said at once: the timer may have been about to.
    """
    found = measure(tx, ticket, phase, events)
    following = now if levels.pending_warnings(events, found, now) else levels.next_warning_at(found, now)
    if following:
        tx.timers.once(f"{KIND}:{ticket.id}", KIND, following, ticket_id=ticket.id)
    elif ticket.due_at:
        tx.timers.cancel(f"{KIND}:{ticket.id}")
    first = levels.first_due(found)
    turn, due_at = waiting_times(events, working_hours(phase), now), first.due if first else None
    since = turn.since if turn else None
    if (ticket.due_at, ticket.turn_at) != (due_at, since):
        tx.tickets.clocks(ticket.id, due_at, since)
    return first, turn
