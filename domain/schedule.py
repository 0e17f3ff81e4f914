"""Schedules: recurring runs at a local time, and how to treat missed runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr
from dateutil.tz import resolve_imaginary

DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY, ALL_DAY = " ".join(WEEKDAYS), "00:00-24:00"
MAX_LISTED_GAP = 60 * DAY  # older missed runs aren't listed day by day


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Every date of `days` (an RFC 5545 rule; every day when empty) at this local time, once.

    A run that was missed is made up for within `catch_up`; after that it is recorded as skipped.
    """

    at: time
    zone: str = "UTC"
    days: str = ""
    since: date = date(2024, 1, 1)  # where the rule starts to count; a Monday
    catch_up: timedelta = timedelta(hours=6)

    @classmethod
    def weekly(cls, days: Iterable[str], at: time, zone: str, catch_up: timedelta) -> Self:
        """On these days of every week, written as in `mon tue`."""
        rule = f"FREQ=WEEKLY;BYDAY={','.join(day[:2].upper() for day in days)}"
        return cls(at=at, zone=zone, days=rule, catch_up=catch_up)

    def moment(self, on: date) -> datetime | None:
        """Return when that date's run is due, in UTC; None for a date its zone never had (Samoa had no 2011-12-30).

        A time that the clocks skip is moved on by as much as they were; of one they show twice the first counts.
        """
        local = resolve_imaginary(datetime.combine(on, self.at, ZoneInfo(self.zone)))
        return local.astimezone(UTC) if local.date() == on else None

    def after(self, last: date) -> date | None:
        """Return the next date with a run after this one; None when the rule has ended."""
        on = self._next(last)
        while on and self.moment(on) is None:
            on = self._next(on)
        return on

    def first(self, now: datetime) -> date | None:
        """Return the date of the first run from now on."""
        on = self.after(now.astimezone(ZoneInfo(self.zone)).date() - 2 * DAY)
        while on and (due := self.moment(on)) and due < now:
            on = self.after(on)
        return on

    def _next(self, last: date) -> date | None:
        if not self.days:
            return last + DAY
        found = _rule(self.days, self.since).after(datetime.combine(last, time()))
        return found.date() if found else None


@lru_cache(maxsize=256)
def _rule(days: str, since: date) -> rrule | rruleset:
    """Return a rule that remembers its dates: each question counts from `since` anew, which grows with every day."""
    return rrulestr(days, dtstart=datetime.combine(since, time()), cache=True)


NIGHTLY = Schedule(at=time(3), catch_up=timedelta(hours=24))  # UTC


@dataclass(frozen=True, slots=True)
class SkippedRun:
    on: date
    why: str


@dataclass(frozen=True, slots=True)
class DueRun:
    """What is due now: at most one run, the skipped runs and the next date."""

    run: date | None
    skipped: tuple[SkippedRun, ...]
    next: date | None


def due_run(plan: Schedule, pending: date, now: datetime) -> DueRun:
    """Return what is due at `now` if the run of `pending` is due; after any outage at most one run is made up for."""
    missed: list[date] = []
    on: date | None = pending
    oldest = (now - MAX_LISTED_GAP).date()
    if pending < oldest:
        missed, on = [pending], plan.after(max(pending, oldest))
    while on and (due := plan.moment(on)) and due <= now:
        missed.append(on)
        on = plan.after(on)
    run = missed.pop() if missed else None
    skipped = [SkippedRun(d, "a later run was due when the app came back") for d in missed]
    if run and (due := plan.moment(run)) and now - due > plan.catch_up:
        skipped.append(SkippedRun(run, f"{_duration(now - due)} late, and only {_duration(plan.catch_up)} are allowed"))
        run = None
    return DueRun(run, tuple(skipped), on)


def _duration(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
