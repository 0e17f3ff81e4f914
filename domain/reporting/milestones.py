"""Milestones of a ticket: when it reached what, how long that took, and which promises were kept.

All of it follows from the log alone. It is kept beside the ticket, so that figures over many need not read their logs;
a time is working time of the calendar that its severity and whoever has it last go by.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.sla.clocks import PolicyFor, SlaClock, SlaState, SlaTarget, ticket_states
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status

MINUTE = timedelta(minutes=1)
RESOLVED_STATUSES = (Status.RESOLVED, Status.VERIFIED)
ACKNOWLEDGED_STATUSES = frozenset(Status) - {Status.RECEIVED, Status.WITHDRAWN, Status.MERGED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """`to_…` are working minutes since it was opened, `…_over` is when a promise's time is or was over.

    `…_kept` is None while nobody can say: the promise still runs, or was let go of within its time.
    """

    opened_at: datetime
    acknowledged_at: datetime | None = None  # for the first time
    workaround_at: datetime | None = None  # when its reporter could first go on, by a workaround or a fix
    resolved_at: datetime | None = None  # None again when it was reopened
    reopened_at: datetime | None = None  # for the last time
    closed_at: datetime | None = None
    reopened: int = 0
    fixes: int = 0  # how often it was called resolved
    to_acknowledge: int | None = None
    to_workaround: int | None = None
    to_close: int | None = None
    acknowledge_over: datetime | None = None
    acknowledge_kept: bool | None = None
    resolve_over: datetime | None = None
    resolve_kept: bool | None = None
    fix: str = ""  # how deep it goes, of what is resolved and where that was said
    recurred: int = 0  # how often it was said to happen again


def milestones(events: Iterable[Event], level_of: PolicyFor, found: Mapping[SlaTarget, SlaClock]) -> Milestones | None:
    """What these events, oldest first, have led to; None before it was opened. `found` are their clocks."""
    log = [*events]
    opened = next((event for event in log if event.kind is EventKind.OPENED), None)
    if opened is None:
        return None
    moments, last = _moments(log)
    calendar = level_of(last.severity, last.owner).calendar

    def took(at: datetime | None) -> int | None:
        return None if at is None else round(calendar.between(opened.at, at) / MINUTE)

    return Milestones(
        opened_at=opened.at, **moments, reopened=sum(map(is_reopening, log)),
        fixes=sum(event.kind is EventKind.RESOLVED for event in log),
        fix=next((e.data.get("fix", "") for e in reversed(log) if e.kind is EventKind.RESOLVED), "")
        if moments["resolved_at"] else "", recurred=sum(event.kind is EventKind.RECURRED for event in log),
        to_acknowledge=took(moments["acknowledged_at"]), to_workaround=took(moments["workaround_at"]),
        to_close=took(moments["closed_at"]),
        acknowledge_over=_due_at(found[SlaTarget.ACKNOWLEDGE]), resolve_over=_due_at(found[SlaTarget.RESOLVE]),
        acknowledge_kept=_is_met(found[SlaTarget.ACKNOWLEDGE], reached=moments["acknowledged_at"] is not None),
        resolve_kept=_is_met(found[SlaTarget.RESOLVE], reached=moments["resolved_at"] is not None),
    )  # fmt: skip


def is_reopening(event: Event) -> bool:
    """What was put off and is taken up again was not closed before."""
    return event.kind is EventKind.REOPENED and event.data.get("from") != Status.DEFERRED


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
    if clock.target is None:
        return None
    if clock.missed:
        return False
    return True if clock.ended and reached else None
