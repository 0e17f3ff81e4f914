"""Milestones of a ticket: when it was acknowledged, resolved and closed, and which SLA targets it met.

They are derived from the ticket's events and stored, so that metrics need not read the events of every ticket.
Durations are working minutes of the calendar of its severity and last owner.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.sla.clocks import UNKNOWN, SlaClock, SlaState, SlaTarget, ticket_states
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import IMPORTED, Event, EventKind, taken_over_at
from domain.tickets.status import Status

MINUTE = timedelta(minutes=1)
RESOLVED_STATUSES = (Status.RESOLVED, Status.VERIFIED)
ACKNOWLEDGED_STATUSES = frozenset(Status) - {Status.RECEIVED, Status.WITHDRAWN, Status.MERGED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """`minutes_to_…` are working minutes since it was opened, `…_due_at` is when a target is due or was missed.

    `…_met` is None while that is undecided: the target is still running, or ended without being reached.
    """

    opened_at: datetime
    acknowledged_at: datetime | None = None  # first
    workaround_at: datetime | None = None  # the reporter first got a workaround or a fix
    resolved_at: datetime | None = None  # None again after it was reopened
    reopened_at: datetime | None = None  # last
    closed_at: datetime | None = None
    reopened_count: int = 0
    resolved_count: int = 0
    minutes_to_acknowledge: int | None = None
    minutes_to_workaround: int | None = None
    minutes_to_close: int | None = None
    acknowledge_due_at: datetime | None = None
    acknowledge_met: bool | None = None
    resolve_due_at: datetime | None = None
    resolve_met: bool | None = None
    fix: str = ""  # the kind of fix of a resolved ticket, if given
    recurred_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """When things happened to a ticket and how often, without SLA; `imported_at` is None for one of our own."""

    opened_at: datetime | None = None
    imported_at: datetime | None = None
    acknowledged_at: datetime | None = None
    workaround_at: datetime | None = None
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_count: int = 0
    resolved_count: int = 0
    recurred_count: int = 0
    fix: str = ""  # of the last time that it was resolved


NO_MOMENTS = Moments()


def milestones(moments: Moments, calendar: WorkCalendar, clocks: Mapping[SlaTarget, SlaClock]) -> Milestones | None:
    """Derive the milestones from moments and SLA clocks; None before the ticket was opened.

    `calendar` is that of its severity and last owner.
    """
    opened_at = moments.opened_at
    if opened_at is None:
        return None

    def ours(at: datetime | None) -> bool:
        # What happened to an imported ticket before is no measure of this team.
        return at is not None and (moments.imported_at is None or at > moments.imported_at)

    def minutes_until(at: datetime | None) -> int | None:
        return None if at is None else round(calendar.between(opened_at, at) / MINUTE)

    return Milestones(
        opened_at=opened_at,
        acknowledged_at=moments.acknowledged_at,
        workaround_at=moments.workaround_at,
        resolved_at=moments.resolved_at,
        reopened_at=moments.reopened_at,
        closed_at=moments.closed_at,
        reopened_count=moments.reopened_count,
        resolved_count=moments.resolved_count,
        fix=moments.fix if moments.resolved_at else "",
        recurred_count=moments.recurred_count,
        minutes_to_acknowledge=minutes_until(moments.acknowledged_at) if ours(moments.acknowledged_at) else None,
        minutes_to_workaround=minutes_until(moments.workaround_at),
        minutes_to_close=minutes_until(moments.closed_at),
        acknowledge_due_at=_due_at(clocks[SlaTarget.ACKNOWLEDGE]),
        resolve_due_at=_due_at(clocks[SlaTarget.RESOLVE]),
        acknowledge_met=_is_met(clocks[SlaTarget.ACKNOWLEDGE], reached=ours(moments.acknowledged_at)),
        resolve_met=_is_met(clocks[SlaTarget.RESOLVE], reached=ours(moments.resolved_at)),
    )


def is_reopening(event: Event) -> bool:
    """Whether a resolved ticket was reopened, so that its fix failed; a deferred or withdrawn one had none."""
    return event.kind is EventKind.REOPENED and event.data.get("from") in RESOLVED_STATUSES


def moments_after(events: Iterable[Event], state: SlaState = UNKNOWN, before: Moments = NO_MOMENTS) -> Moments:
    """Return the moments after these events, oldest first; `state` and `before` are as they were before them."""
    found = before
    for event, after in ticket_states(events, state):
        found = _after(found, event, after.status)
    return found


def _after(found: Moments, event: Event, status: Status) -> Moments:
    is_fix, again = event.kind is EventKind.RESOLVED, is_reopening(event)
    if event.kind is EventKind.OPENED and found.opened_at is None:
        imported_at = taken_over_at(event) if IMPORTED in event.data else None
        found = replace(found, opened_at=event.at, imported_at=imported_at)
    resolved_at = event.at if is_fix else found.resolved_at
    return replace(
        found,
        acknowledged_at=found.acknowledged_at or (event.at if status in ACKNOWLEDGED_STATUSES else None),
        workaround_at=found.workaround_at or (event.at if is_fix else None),
        resolved_at=resolved_at if status in RESOLVED_STATUSES else None,
        reopened_at=event.at if again else found.reopened_at,
        closed_at=None if status.is_open else found.closed_at or event.at,
        reopened_count=found.reopened_count + again,
        resolved_count=found.resolved_count + is_fix,
        recurred_count=found.recurred_count + (event.kind is EventKind.RECURRED),
        fix=event.data.get("fix", "") if is_fix else found.fix,
    )


def _due_at(clock: SlaClock) -> datetime | None:
    return clock.due if clock.running else clock.missed


def _is_met(clock: SlaClock, *, reached: bool) -> bool | None:
    if clock.time_allowed is None:
        return None
    if clock.missed:
        return False
    return True if clock.ended and reached else None
