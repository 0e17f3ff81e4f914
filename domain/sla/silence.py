"""Silence: when a reporter who has heard nothing from the team is told how their ticket stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.sla.clocks import REPORTER_UPDATES, UNKNOWN, SlaPolicy, SlaState, SlaTarget, ticket_states
from domain.tickets.event import Event, EventKind, taken_over_at
from domain.tickets.status import Status

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when a reporter has heard nothing while the team was to act, and when they were last told how it stands."""

    since: datetime | None = None
    told: datetime | None = None
    runs: bool = False


NOTHING_SAID = Silence()


def silence_after(events: Iterable[Event], state: SlaState = UNKNOWN, before: Silence = NOTHING_SAID) -> Silence:
    """Return the silence after these events; `state` and `before` are as they were before them."""
    since, told, runs = before.since, before.told, before.runs
    for event, after in ticket_states(events, state):
        if event.kind in REPORTER_UPDATES or event.kind is EventKind.STATUS_TOLD or not runs:
            since = taken_over_at(event) if event.kind is EventKind.OPENED else event.at
        if event.kind is EventKind.STATUS_TOLD:
            told = event.at
        runs = after.status.sla_runs
    return Silence(since, told, runs)


def status_due(silence: Silence, policy: SlaPolicy, status: Status) -> datetime | None:
    """Return when the reporter is told how the ticket stands, unless the team writes earlier; None without a target.

    That is when the update target of the severity has passed since the reporter last heard of it, or since it is the
    team's turn again. It comes at most once a working day.
    """
    allowed = policy.targets.get(SlaTarget.UPDATE)
    if silence.since is None or allowed is None or not silence.runs:
        return None
    if status is Status.RECEIVED and silence.told is None:
        # The receipt says that the reply comes within the acknowledge target.
        allowed = min(allowed, policy.targets.get(SlaTarget.ACKNOWLEDGE, allowed))
    due = policy.calendar.add(silence.since, allowed)
    return max(due, _next_day(policy, silence.told)) if silence.told else due


def _next_day(policy: SlaPolicy, told: datetime) -> datetime:
    """Return the start of the working day after that one; a day later where work never stops."""
    return told + DAY if policy.calendar.is_always_open else policy.calendar.nth_working_day(told, 1)[0]
