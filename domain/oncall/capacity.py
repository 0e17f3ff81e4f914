"""Capacity: whether the team can handle the new tickets, and how many people it would take.

Utilisation is arrivals times handling time over the available hours (rho = lambda/mu of a queue); above 0.85 waiting
times grow steeply. Handling time is not the time a ticket was open: an owner of several tickets works on each for a
share of their time.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from statistics import fmean

from domain.sla.clocks import STATUS_AFTER, STATUS_IN_DATA
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status

MAX_UTILISATION = 0.85  # share of the available hours
MIN_DAYS, MIN_TICKETS = 5, 20  # with fewer an estimate is too uncertain
MAX_AGE_RATIO = 2.0  # of the age that Little's law expects
HOUR = timedelta(hours=1)
OWNER_EVENTS = frozenset({EventKind.ACKNOWLEDGED, EventKind.CLAIMED, EventKind.STATUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`arrivals` per working day take `handling` hours each; `people` work `hours` a day, `backlog` are open."""

    arrivals: float
    handling: float
    people: float
    hours: float
    backlog: int = 0
    age: float | None = None  # of the open tickets, in working days, on average

    @property
    def expected_age(self) -> float | None:
        """Working days for which a ticket is open at this rate, by Little's law W = L / lambda."""
        return self.backlog / self.arrivals if self.arrivals else None

    @property
    def some_wait_too_long(self) -> bool:
        """Whether the open tickets are so old that newer ones must have been preferred to them."""
        return bool(self.age and self.expected_age and self.age > MAX_AGE_RATIO * self.expected_age)

    @property
    def done(self) -> float:
        """Tickets that the team can handle per day."""
        return self.people * self.hours / self.handling

    @property
    def utilisation(self) -> float:
        return self.arrivals / self.done if self.done else float("inf")

    @property
    def growth(self) -> float:
        """Tickets by which the backlog grows per day; negative when it shrinks."""
        return self.arrivals - self.done

    @property
    def days_to_clear(self) -> float | None:
        """Days until the backlog is cleared; None when it never is."""
        return self.backlog / -self.growth if self.growth < 0 else None

    @property
    def people_needed(self) -> int:
        return ceil(self.arrivals * self.handling / (self.hours * MAX_UTILISATION) - 1e-9)

    @property
    def share_to_defer(self) -> float:
        """Share of new tickets to defer, so that the team can handle the rest."""
        return max(0.0, 1 - MAX_UTILISATION * self.done / self.arrivals) if self.arrivals else 0.0


@dataclass(frozen=True, slots=True)
class LoadPeriod:
    """A period in which a ticket had an owner and waited on the team."""

    ticket: int
    owner: str
    begins: datetime
    ends: datetime


def handling_times(
    histories: Mapping[int, Sequence[Event]], calendar: WorkCalendar, now: datetime
) -> dict[int, timedelta]:
    """Return how much working time each ticket took that is resolved by now."""
    by_owner: dict[str, list[LoadPeriod]] = defaultdict(list)
    for ticket, events in histories.items():
        for period in _load_periods(ticket, events, now):
            by_owner[period.owner].append(period)
    taken: dict[int, timedelta] = defaultdict(timedelta)
    for periods in by_owner.values():
        for begins, ends in pairwise(sorted({moment for s in periods for moment in (s.begins, s.ends)})):
            held = [s.ticket for s in periods if s.begins <= begins and ends <= s.ends]
            time = calendar.between(begins, ends) if held else timedelta(0)
            for ticket in held:
                taken[ticket] += time / len(held)
    resolved = {
        t for t, events in histories.items() if any(e.kind is EventKind.RESOLVED and e.at <= now for e in events)
    }
    return {ticket: taken[ticket] for ticket in sorted(resolved)}


def estimate_load(
    arrivals: Sequence[int], hours_each: Sequence[timedelta], *, people: float, hours: float, backlog: int,
    age: float | None = None,
) -> Load | None:  # fmt: skip
    """Return the load from arrivals per working day and handling times; None when there is too little data."""
    took = [one for one in hours_each if one > timedelta(0)]
    if len(arrivals) < MIN_DAYS or len(took) < MIN_TICKETS or not people:
        return None
    each = fmean(one / HOUR for one in took)
    return Load(arrivals=fmean(arrivals), handling=each, people=people, hours=hours, backlog=backlog, age=age)


def open_since(histories: Mapping[int, Sequence[Event]], at: datetime) -> list[datetime]:
    """Return when each ticket was reported that was open at that moment and not deferred."""
    found = []
    for events in histories.values():
        status = Status.WITHDRAWN
        for event in events:
            if event.at <= at:
                status = _status_after(event, status)
        if events and events[0].at <= at and status.is_open and status is not Status.DEFERRED:
            found.append(events[0].at)
    return found


def _status_after(event: Event, before: Status) -> Status:
    if event.kind in STATUS_IN_DATA and event.data.get("to"):
        return Status(event.data["to"])
    return STATUS_AFTER.get(event.kind, before)


def _load_periods(ticket: int, events: Sequence[Event], now: datetime) -> list[LoadPeriod]:
    found: list[LoadPeriod] = []
    owner, status, since = "", Status.RECEIVED, now
    for event in [*(e for e in events if e.at <= now), Event(kind=EventKind.DETAILS, actor="", at=now)]:
        if owner and status.sla_runs and since < event.at:
            found.append(LoadPeriod(ticket, owner, since, event.at))
        status = _status_after(event, status)
        owner, since = _owner(event, owner), event.at
    return found


def _owner(event: Event, before: str) -> str:
    match event.kind:
        case EventKind.ASSIGNED | EventKind.CLAIMED:
            return event.data.get("owner", "")
        case EventKind.OWNER_SILENT:
            return ""
    return before or (event.actor if event.kind in OWNER_EVENTS else "")
