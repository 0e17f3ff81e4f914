"""Whose turn it is: the time a ticket was with the team and with its reporter, from nothing but its log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.sla.clocks import ticket_states
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status, WaitingOn


@dataclass(frozen=True, slots=True)
class WaitingTimes:
    """Whose turn it is since when, and the working time that each side has had it."""

    now: WaitingOn
    since: datetime
    spent: Mapping[WaitingOn, timedelta]


def waiting_on(status: Status, *, unconfirmed: bool = False) -> WaitingOn:
    """Something resolved waits for its reporter's word, until that is given up."""
    return WaitingOn.NO_ONE if status is Status.RESOLVED and unconfirmed else status.waiting_on


def waiting_times(events: Iterable[Event], calendar: WorkCalendar, until: datetime) -> WaitingTimes | None:
    """After these events, oldest first; None before it was opened."""
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
    """What is said of something that was given up does not make anybody wait for it again."""
    return before is WaitingOn.NO_ONE and event.kind not in RESUMES


RESUMES = frozenset({EventKind.RESOLVED, EventKind.REOPENED, EventKind.RETURNED, EventKind.UNMERGED, EventKind.STATUS,
                    EventKind.ACKNOWLEDGED, EventKind.WAITING, EventKind.OWNER_SILENT})  # fmt: skip
