"""Waiting: the working time a ticket waited on the team and on its reporter, from its log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.sla.clocks import UNKNOWN, SlaState, ticket_states
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status, WaitingOn


@dataclass(frozen=True, slots=True)
class WaitingTimes:
    """Who has to act since when, and the working time that the ticket waited on each side."""

    now: WaitingOn
    since: datetime
    spent: Mapping[WaitingOn, timedelta]

    def until(self, at: datetime, calendar: WorkCalendar) -> "WaitingTimes":
        """Return the same with the time from `since` to that moment."""
        spent = self.spent[self.now] + calendar.between(self.since, at)
        return replace(self, spent={**self.spent, self.now: spent})


def waiting_on(status: Status, *, unconfirmed: bool = False) -> WaitingOn:
    """Return who has to act; a resolved ticket waits on its reporter until the reminders end."""
    return WaitingOn.NO_ONE if status is Status.RESOLVED and unconfirmed else status.waiting_on


def waiting_after(
    events: Iterable[Event], calendar: WorkCalendar, state: SlaState = UNKNOWN, before: WaitingTimes | None = None
) -> WaitingTimes | None:
    """Return the waiting times when the side last changed that has to act; None before the ticket was opened.

    `state` and the waiting times `before` are as they were before these events, oldest first.
    """
    found = before
    for event, after in ticket_states(events, state):
        turn = waiting_on(after.status, unconfirmed=event.kind is EventKind.UNCONFIRMED)
        if found is None:
            found = WaitingTimes(turn, event.at, dict.fromkeys(WaitingOn, timedelta(0)))
        elif turn is not found.now and not _stays(event, found.now):
            found = WaitingTimes(turn, event.at, found.until(event.at, calendar).spent)
    return found


def _stays(event: Event, before: WaitingOn) -> bool:
    """Whether an event on a closed or deferred ticket leaves it that way."""
    return before is WaitingOn.NO_ONE and event.kind not in RESUMES


RESUMES = frozenset({EventKind.RESOLVED, EventKind.REOPENED, EventKind.RETURNED, EventKind.UNMERGED, EventKind.STATUS,
                    EventKind.ACKNOWLEDGED, EventKind.WAITING, EventKind.OWNER_SILENT})  # fmt: skip
