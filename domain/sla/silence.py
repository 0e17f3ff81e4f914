"""Silence: when a reporter who has heard nothing from the team is told how their ticket stands."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.sla.clocks import REPORTER_UPDATES, PolicyFor, SlaPolicy, SlaTarget, ticket_states
from domain.tickets.event import Event, EventKind, taken_over_at

DAY = timedelta(days=1)


def status_due(events: Iterable[Event], policy_of: PolicyFor) -> datetime | None:
    """Return when the reporter is told how the ticket stands, unless the team writes earlier; None without a target.

    That is when the update target of the severity has passed since the reporter last heard of it, or since it is the
    team's turn again. It also counts before the ticket is acknowledged, and comes at most once a working day.
    """
    since: datetime | None = None
    told: datetime | None = None
    policy: SlaPolicy | None = None
    runs = False
    for event, state in ticket_states(events):
        if event.kind in REPORTER_UPDATES or event.kind is EventKind.STATUS_TOLD or not runs:
            since = taken_over_at(event) if event.kind is EventKind.OPENED else event.at
        if event.kind is EventKind.STATUS_TOLD:
            told = event.at
        runs, policy = state.status.sla_runs, policy_of(state.severity, state.owner)
    allowed = policy.targets.get(SlaTarget.UPDATE) if policy else None
    if since is None or policy is None or allowed is None or not runs:
        return None
    due = policy.calendar.add(since, allowed)
    return max(due, _next_day(policy, told)) if told else due


def _next_day(policy: SlaPolicy, told: datetime) -> datetime:
    """Return the start of the working day after that one; a day later where work never stops."""
    return told + DAY if policy.calendar.is_always_open else policy.calendar.nth_working_day(told, 1)[0]
