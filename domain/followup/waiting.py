"""Waiting: the working time a ticket waited on the team and on its reporter, from its log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.sla.clocks import ticket_states
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status, WaitingOn


@dataclass(frozen=True, slots=True)
class WaitingTimes:
    """Who has to act since when, and the working time that the ticket waited on each side."""

    now: WaitingOn
    since: datetime
    spent: Mapping[WaitingOn, timedelta]


def waiting_on(status: Status, *, unconfirmed: bool = False) -> WaitingOn:
    """Return who has to act; a resolved ticket waits on its reporter until the reminders end."""
    return WaitingOn.NO_ONE if status is Status.RESOLVED and unconfirmed else status.waiting_on


def waiting_times(events: Iterable[Event], calendar: WorkCalendar, until: datetime) -> WaitingTimes | None:
    """Return the waiting times after these events, oldest first; None before the ticket was opened."""
    found: tuple[WaitingOn, datetime] | None = None
    spent = dict.fromkeys(WaitingOn, timedelta(0))
    for event, state in ticket_states(events):
        turn = waiting_on(state.status, unconfirmed=event.kind is EventKind.UNCONFIRMED)
        if found is None:
            found = (turn, event.at)
        elif turn is not found[0] and not _stays(event, found[0]):
            spent[found[0]] += calendar.between(found[1], event.at)
            found = (turn, event.at)
    if found is None:
        return None
    spent[found[0]] += calendar.between(found[1], until)
    return WaitingTimes(*found, spent)


def _stays(event: Event, before: WaitingOn) -> bool:
    """Whether an event on a closed or deferred ticket leaves it that way."""
    return before is WaitingOn.NO_ONE and event.kind not in RESUMES


RESUMES = frozenset({EventKind.RESOLVED, EventKind.REOPENED, EventKind.RETURNED, EventKind.UNMERGED, EventKind.STATUS,
                    EventKind.ACKNOWLEDGED, EventKind.WAITING, EventKind.OWNER_SILENT})  # fmt: skip
