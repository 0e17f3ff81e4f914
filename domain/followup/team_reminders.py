"""Reminders to a ticket's team: all that are due on one day are one message."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from domain.sla.clocks import REPORTER_UPDATES, WARNING_SHARES, ClockState, SlaClock, SlaTarget
from domain.tickets.event import Event, EventKind

# Each of these says something to the team that it has to act on.
TEAM_REMINDERS = frozenset({EventKind.SLA_WARNING, EventKind.STATUS_TOLD, EventKind.PROMISE_MISSED,
                            EventKind.UNANSWERED, EventKind.DEFERRAL_REVIEW})  # fmt: skip
CALLING_SHARE = WARNING_SHARES[1]  # of the time of a target, from which people are called
LocalDate = Callable[[datetime], date]  # the day of a moment, in the phase's time zone
MESSAGE = "message"  # in an event's data: the outbox id of the message that said it


def reminders_of_day(events: Iterable[Event], local_date: LocalDate, on: date) -> list[Event]:
    """Return the reminders of that day, oldest first, only the last for each SLA target."""
    found: dict[tuple[str, str], Event] = {}
    for event in events:
        if event.kind in TEAM_REMINDERS and local_date(event.at) == on:
            about = event.data.get("target") or event.data.get("promise", "")
            found.pop((event.kind, about), None)
            found[event.kind, about] = event
    return list(found.values())


def still_true(
    reminders: Iterable[Event], events: Iterable[Event], found: Mapping[SlaTarget, ClockState]
) -> list[Event]:
    """Return the reminders that still ask for something: the clock runs, and the reporter has heard nothing since."""
    last_update = max((one.at for one in events if one.kind in REPORTER_UPDATES), default=None)

    def holds(one: Event) -> bool:
        if one.kind is EventKind.SLA_WARNING:
            clock = found[SlaTarget(one.data["target"])]
            return clock.running and clock.since.isoformat() == one.data["since"]
        return one.kind is not EventKind.STATUS_TOLD or last_update is None or one.at >= last_update

    return [one for one in reminders if holds(one)]


def message_of_day(events: Iterable[Event], local_date: LocalDate, on: date) -> int | None:
    """Return the outbox id of the message that the reminders of that day share; None without one."""
    sent = (one.data.get(MESSAGE) for one in events if local_date(one.at) == on)
    return next((int(id_) for id_ in sent if id_), None)


def has_to_call(found: Mapping[SlaTarget, SlaClock], local_date: LocalDate, now: datetime) -> bool:
    """Return whether the time of a target runs low on this day.

    A day's reminders are one message, and Slack notifies no one of its later changes, so it calls people at once.
    """
    moments = (clock.moment(CALLING_SHARE) for clock in found.values())
    return any(moment and local_date(moment) <= local_date(now) for moment in moments)


def is_missed(reminder: Event) -> bool:
    """Return whether the reminder says that an SLA target was missed."""
    return reminder.kind is EventKind.SLA_WARNING and float(reminder.data["share"]) >= 1.0
