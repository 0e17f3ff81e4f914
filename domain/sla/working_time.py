"""Working time: local working hours, calculated in UTC, so that days with a clock change have their true length."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import Self
from zoneinfo import ZoneInfo

from dateutil.tz import resolve_imaginary

from domain.schedule import WEEKDAYS

DAY = timedelta(days=1)
DURATION_PART, UNITS = re.compile(r"(\d+)([hm])"), {"h": timedelta(hours=1), "m": timedelta(minutes=1)}
# Local times, ends of spans and calendars that are remembered: a ticket asks for the same few again and again.
DAYS_KEPT, ENDS_KEPT, CALENDARS_KEPT = 4096, 4096, 256
MAX_GAP = 400 * DAY  # a calendar without working hours for that long has none


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """From `opens` to `closes` (hours since midnight) on `days` (Monday is 0) in `zone`, but not on `holidays`."""

    zone: str = "UTC"
    days: frozenset[int] = frozenset(range(7))
    opens: timedelta = timedelta(0)
    closes: timedelta = DAY
    holidays: frozenset[date] = frozenset()

    @classmethod
    def read(cls, days: str, hours: str, zone: str, holidays: Iterable[date] = ()) -> Self:
        """Read a calendar from settings: days as `mon tue`, hours as `09:00-17:00` or overnight as `20:00-08:00`."""
        opens, closes = map(since_midnight, hours.split("-"))
        closes = closes if closes > opens else closes + DAY
        return cls(zone=zone, days=frozenset(WEEKDAYS.index(day) for day in days.split()), opens=opens, closes=closes,
                   holidays=frozenset(holidays))  # fmt: skip

    @property
    def is_always_open(self) -> bool:
        return len(self.days) == len(WEEKDAYS) and not self.holidays and self.closes - self.opens == DAY

    def add(self, start: datetime, span: timedelta) -> datetime:
        """Return the moment at which that much working time has passed since `start`, in UTC.

        A span of zero ends at `start`, also at night. ValueError for a calendar without working hours.
        """
        if span <= timedelta(0):
            return start
        return start + span if self.is_always_open else _end_of_span(self, start, span)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time between two moments; zero when `end` is before `start`."""
        if self.is_always_open:
            return max(end - start, timedelta(0))
        pieces = (min(closes, end) - max(opens, start) for opens, closes in self.spans(start, end))
        return sum((max(piece, timedelta(0)) for piece in pieces), timedelta(0))

    def includes(self, moment: datetime) -> bool:
        return self.is_always_open or any(opens <= moment for opens, _ in self.spans(moment, moment + DAY))

    def opening(self, after: datetime) -> datetime:
        """Return `after`, or the start of the next working hours when it is outside of them."""
        return after if self.is_always_open else max(next(self._spans(after))[0], after)

    def is_working_day(self, on: date) -> bool:
        """Return whether people work on that day."""
        return on.weekday() in self.days and on not in self.holidays

    def days_before(self, on: date) -> Iterator[date]:
        """Yield the working days before that one, latest first, until there are none for MAX_GAP."""
        last = on
        while last - on < MAX_GAP:
            on -= DAY
            if self.is_working_day(on):
                last = on
                yield on

    def nth_working_day(self, start: datetime, number: int) -> tuple[datetime, datetime]:
        """Return when work starts and ends on the nth working day after the day of `start`."""
        own = start.astimezone(ZoneInfo(self.zone)).date()
        later = (span for span in self._spans(start) if span[0].astimezone(ZoneInfo(self.zone)).date() > own)
        return next(islice(later, number - 1, None))

    def end_of(self, on: date) -> datetime:
        """Return when working hours end on that day, also if it is a day off."""
        return local_to_utc(on, self.closes, ZoneInfo(self.zone))

    def days_between(self, start: datetime, end: datetime) -> int:
        """Count the working days that start after `start` and not after `end`."""
        return sum(start < opens <= end for opens, _ in self.spans(start, end + DAY))

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working hours that end after `start` and start before `end`, in UTC, uncut."""
        return takewhile(lambda span: span[0] < end, self._spans(start))

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working hours that end after `start`, in order, until there are none for MAX_GAP."""
        zone = ZoneInfo(self.zone)
        on = start.astimezone(zone).date() - DAY
        last = on
        while on - last < MAX_GAP:
            if self.is_working_day(on):
                opens, closes = local_to_utc(on, self.opens, zone), local_to_utc(on, self.closes, zone)
                if closes > max(opens, start):
                    last = on
                    yield opens, closes
            on += DAY


class WorkingTimeRuler:
    """The working time between many moments of one span, whose working hours are listed once."""

    def __init__(self, calendar: WorkCalendar, since: datetime, until: datetime) -> None:
        self._all = calendar.is_always_open
        self._spans = [] if self._all else [*calendar.spans(since, until)]
        self._opens = [opens for opens, _ in self._spans]
        self._sums = [timedelta(0)]
        for opens, closes in self._spans:
            self._sums.append(self._sums[-1] + (closes - opens))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return what WorkCalendar.between returns, for moments within the span."""
        return max(end - start if self._all else self._until(end) - self._until(start), timedelta(0))

    def _until(self, moment: datetime) -> timedelta:
        place = bisect_right(self._opens, moment)
        if not place:
            return timedelta(0)
        opens, closes = self._spans[place - 1]
        return self._sums[place - 1] + (min(moment, closes) - opens)


@lru_cache(maxsize=CALENDARS_KEPT)
def read_calendar(days: str, hours: str, zone: str, holidays: tuple[date, ...] = ()) -> WorkCalendar:
    """Return the calendar of these settings, which is read once."""
    return WorkCalendar.read(days, hours, zone, holidays)


@lru_cache(maxsize=ENDS_KEPT)
def _end_of_span(calendar: WorkCalendar, start: datetime, span: timedelta) -> datetime:
    left = span
    for opens, closes in calendar.spans(start, datetime.max.replace(tzinfo=UTC)):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    raise ValueError("the calendar has no working hours")


@lru_cache(maxsize=DAYS_KEPT)
def local_to_utc(on: date, since: timedelta, zone: ZoneInfo) -> datetime:
    """Return a local time of day, given as time since midnight, in UTC.

    A time that a clock change skips is moved forward by the change; of one that occurs twice the first counts.
    """
    local = (datetime.combine(on, time(), UTC) + since).replace(tzinfo=zone)
    return resolve_imaginary(local).astimezone(UTC)


def since_midnight(text: str) -> timedelta:
    """Return a time of day, at most `24:00`, as time since midnight."""
    hours, minutes = map(int, text.split(":"))
    return timedelta(hours=hours, minutes=minutes)


@lru_cache(maxsize=CALENDARS_KEPT)
def parse_duration(text: str) -> timedelta:
    """Return the time that `1h30m` stands for; `none` is zero."""
    return sum((int(count) * UNITS[unit] for count, unit in DURATION_PART.findall(text)), timedelta(0))
