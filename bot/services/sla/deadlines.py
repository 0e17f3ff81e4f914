"""SLA deadlines of a ticket: its clocks and milestones, calculated from its log, and the timer of what is said next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.services.tickets.session import TicketSession
from domain.phases.phase import Phase
from domain.reporting.milestones import milestones
from domain.sla.clocks import PolicyFor, SlaClock, SlaTarget, first_due, next_warning_at, pending_warnings, sla_clocks
from domain.sla.silence import status_due
from domain.sla.targets import policy_for, working_hours
from domain.tickets.event import Event
from domain.tickets.ticket import Ticket

KIND = "sla"


def _policy_of(session: TicketSession) -> PolicyFor:
    return policy_for(session.phase, session.ticket.report.module, session.ticket.report.type)


def clocks(ticket: Ticket, phase: Phase, events: Sequence[Event]) -> Mapping[SlaTarget, SlaClock]:
    """Return the SLA clocks of a ticket, calculated from its whole log."""
    return sla_clocks(events, policy_for(phase, ticket.report.module, ticket.report.type))


def clocks_of(session: TicketSession) -> Mapping[SlaTarget, SlaClock]:
    """Return the SLA clocks of a session's ticket."""
    return sla_clocks((), _policy_of(session), before=session.summarize().clocks)


def tell_at(session: TicketSession) -> datetime | None:
    """Return when the reporter is told how the ticket stands; None while that is not planned."""
    summary = session.summarize()
    policy_of = _policy_of(session)
    state = summary.state
    return status_due(summary.silence, policy_of(state.severity, state.owner), state.status)


def measure(session: TicketSession) -> Mapping[SlaTarget, SlaClock]:
    """Return the SLA clocks of a ticket, and save its milestones for reports."""
    found, summary = clocks_of(session), session.summarize()
    policy_of = _policy_of(session)
    reached = milestones(summary.moments, policy_of(summary.state.severity, summary.state.owner).calendar, found)
    if reached:
        session.tx.milestones.upsert(session.ticket, reached)
    return found


def update_deadlines(session: TicketSession) -> None:
    """Set the timer of the next warning or message to the reporter, and save what cards and lists show.

    That is the first target, and whom the ticket waits on. What is due already is sent at once.
    """
    tx, ticket, phase, now = session.tx, session.ticket, session.phase, session.at
    found, summary = measure(session), session.summarize()
    is_pending = bool(pending_warnings(summary.events, found, now))
    due = [now if is_pending else next_warning_at(found, now), tell_at(session)]
    if moments := [moment for moment in due if moment]:
        tx.timers.set_once(f"{KIND}:{ticket.id}", KIND, max(min(moments), now), ticket_id=ticket.id)
    elif ticket.due_at:
        tx.timers.cancel(f"{KIND}:{ticket.id}")
    first = first_due(found)
    waiting = summary.waiting if ticket.report.type.is_work else None
    turn = waiting.until(now, working_hours(phase)) if waiting else None
    due_at, since = first.due if first else None, turn.since if turn else None
    if (ticket.due_at, ticket.waiting_since) != (due_at, since):
        tx.tickets.update_deadlines(ticket.id, due_at, since)
    session.card = replace(session.card, due=first, turn=turn)
