"""Milestones of a ticket: when it was acknowledged, resolved and closed, and which SLA targets it met.

They are derived from the ticket's events and stored, so that metrics need not read the events of every ticket.
Durations are working minutes of the calendar of its severity and last owner.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.sla.clocks import PolicyFor, SlaClock, SlaState, SlaTarget, ticket_states
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


def milestones(events: Iterable[Event], level_of: PolicyFor, clocks: Mapping[SlaTarget, SlaClock]) -> Milestones | None:
    """Derive the milestones from events, oldest first, and SLA clocks; None before the ticket was opened."""
    log = [*events]
    opened = next((event for event in log if event.kind is EventKind.OPENED), None)
    if opened is None:
        return None
    moments, last = _moments(log)
    calendar = level_of(last.severity, last.owner).calendar

    # What happened to an imported ticket before is no measure of this team.
    before = taken_over_at(opened) if IMPORTED in opened.data else None

    def ours(at: datetime | None) -> bool:
        return at is not None and (before is None or at > before)

    def minutes_until(at: datetime | None) -> int | None:
        return None if at is None else round(calendar.between(opened.at, at) / MINUTE)

    return Milestones(
        opened_at=opened.at,
        **moments,
        reopened_count=sum(map(is_reopening, log)),
        resolved_count=sum(event.kind is EventKind.RESOLVED for event in log),
        fix=next((e.data.get("fix", "") for e in reversed(log) if e.kind is EventKind.RESOLVED), "")
        if moments["resolved_at"]
        else "",
        recurred_count=sum(event.kind is EventKind.RECURRED for event in log),
        minutes_to_acknowledge=minutes_until(moments["acknowledged_at"]) if ours(moments["acknowledged_at"]) else None,
        minutes_to_workaround=minutes_until(moments["workaround_at"]),
        minutes_to_close=minutes_until(moments["closed_at"]),
        acknowledge_due_at=_due_at(clocks[SlaTarget.ACKNOWLEDGE]),
        resolve_due_at=_due_at(clocks[SlaTarget.RESOLVE]),
        acknowledge_met=_is_met(clocks[SlaTarget.ACKNOWLEDGE], reached=ours(moments["acknowledged_at"])),
        resolve_met=_is_met(clocks[SlaTarget.RESOLVE], reached=ours(moments["resolved_at"])),
    )


def is_reopening(event: Event) -> bool:
    """Whether a resolved ticket was reopened, so that its fix failed; a deferred or withdrawn one had none."""
    return event.kind is EventKind.REOPENED and event.data.get("from") in RESOLVED_STATUSES


def _moments(log: Iterable[Event]) -> tuple[Mapping[str, datetime | None], SlaState]:
    acknowledged = workaround = resolved = reopened = closed = None
    state = SlaState()
    for event, state in ticket_states(log):
        acknowledged = acknowledged or (event.at if state.status in ACKNOWLEDGED_STATUSES else None)
        if event.kind is EventKind.RESOLVED:
            workaround, resolved = workaround or event.at, event.at
        reopened = event.at if is_reopening(event) else reopened
        resolved = resolved if state.status in RESOLVED_STATUSES else None
        closed = None if state.status.is_open else closed or event.at
    return {"acknowledged_at": acknowledged, "workaround_at": workaround, "resolved_at": resolved,
            "reopened_at": reopened, "closed_at": closed}, state  # fmt: skip


def _due_at(clock: SlaClock) -> datetime | None:
    return clock.due if clock.running else clock.missed


def _is_met(clock: SlaClock, *, reached: bool) -> bool | None:
    if clock.time_allowed is None:
        return None
    if clock.missed:
        return False
    return True if clock.ended and reached else None
