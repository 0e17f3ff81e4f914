"""Dates of another system's export: many forms, read the same way in the whole file, and never guessed.

Whether 03/04/2026 is in March or April is decided by all dates of a file together; where none decides, people are
asked. Forms: ISO 8601, numbers in any order, and names of months in seven languages (https://cldr.unicode.org).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo


class DateOrder(StrEnum):
    """Which of the two first numbers of a date is the day."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class UnreadableDate(ValueError):  # noqa: N818 - says what it is
    """What is wrong with a date, as a sentence's end: “is not a date …”."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The numbers of a date: `first` and `second` are day and month in some order, unless `month` is known by name."""

    first: int
    second: int
    year: int
    clock: str
    month_known: bool = False  # then `first` is the day, and `second` the month


TIME = r"(?:[ T,]+(?:at )?(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?(?:[.,]\d+)?"
TIME += r"\s*(?P<half>[ap]\.?\s?m\.?)?\s*(?P<zone>Z|UTC|GMT|(?:GMT|UTC)?[+-]\d{2}:?\d{2}|[+-]\d{2})?"
TIME += r"(?P<unknown>\s*\(?[A-Z][A-Za-z]{1,5}\)?)?)?$"
WEEKDAY = r"^(?:[^\W\d]{2,10}\.?,\s*)?"
YEAR_FIRST = re.compile(rf"^(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){TIME}", re.IGNORECASE)
COMPACT = re.compile(rf"^(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}}){TIME}", re.IGNORECASE)
NUMBERS = re.compile(rf"^(?P<first>\d{{1,2}})[-/.]\s?(?P<other>\d{{1,2}})[-/.]\s?(?P<year>\d{{4}}|\d{{2}}){TIME}",
                     re.IGNORECASE)  # fmt: skip
DAY_NAME = re.compile(rf"{WEEKDAY}(?P<day>\d{{1,2}})\.?[-/ ](?:de )?(?P<name>[^\W\d]{{3,12}})\.?[-/ ,]+(?:de )?"
                      rf"(?P<year>\d{{4}}|\d{{2}}){TIME}", re.IGNORECASE)  # fmt: skip
NAME_DAY = re.compile(rf"{WEEKDAY}(?P<name>[^\W\d]{{3,12}})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){TIME}",
                      re.IGNORECASE)  # fmt: skip
# The first letters of the months' names in English, German, French, Spanish, Italian, Portuguese and Dutch.
MONTHS = ("jan ene gen", "feb fév fev", "mar mär mrz mrt maa", "apr avr abr", "may mai mei mag", "jun juin giu",
          "jul juil lug", "aug aoû aou ago", "sep set", "oct okt ott out", "nov", "dec dez déc dic")  # fmt: skip
HALVES = {"a": 0, "p": 12}


def order_of(values: Iterable[str]) -> DateOrder | None:
    """Return in which order all these dates are written; None where both are possible and differ.

    UnreadableDate when no order fits all of them. Dates that say it themselves, and what isn't a date, don't count.
    """
    possible, undecided, example = set(DateOrder), False, ["", ""]
    for value in values:
        parts = _parts(value)
        if parts is None or parts.month_known or parts.first == parts.second:
            continue
        if parts.first > 12:
            possible.discard(DateOrder.MONTH_FIRST)
            example[0] = example[0] or value
        elif parts.second > 12:
            possible.discard(DateOrder.DAY_FIRST)
            example[1] = example[1] or value
        else:
            undecided = True
    if not possible:
        raise UnreadableDate(f"“{example[0]}” begins with the day and “{example[1]}” with the month")
    return None if undecided and len(possible) > 1 else max(possible)


def read_date(text: str, order: DateOrder | None, zone: str) -> datetime:
    """Return the moment in UTC of a date with or without a time; UnreadableDate says what is wrong with it.

    Without a zone of its own it is in `zone`; without a time it is the start of that day.
    """
    parts = _parts(text)
    if parts is None:
        raise UnreadableDate("is not a date such as 2026-11-30 14:05")
    if not parts.month_known and order is None and parts.first != parts.second and max(parts.first, parts.second) <= 12:
        raise UnreadableDate("could be in two months. Say which comes first, the day or the month")
    month_first = order is DateOrder.MONTH_FIRST and not parts.month_known
    day, month = (parts.second, parts.first) if month_first else (parts.first, parts.second)
    try:
        return _moment(parts, month, day, zone)
    except UnreadableDate:
        raise
    except (ValueError, OverflowError):
        raise UnreadableDate("is not a day of the calendar, or not a time of the day") from None


def _parts(text: str) -> _Parts | None:
    value = " ".join(text.replace("\u202f", " ").replace("\xa0", " ").split())
    if found := YEAR_FIRST.match(value) or COMPACT.match(value):
        return _Parts(int(found["day"]), int(found["month"]), int(found["year"]), value, month_known=True)
    if found := NUMBERS.match(value):
        return _Parts(int(found["first"]), int(found["other"]), _year(found["year"]), value)
    if found := DAY_NAME.match(value) or NAME_DAY.match(value):
        month = _month(found["name"])
        return _Parts(int(found["day"]), month, _year(found["year"]), value, month_known=True) if month else None
    return None


def _month(name: str) -> int:
    """Return the number of a month from its name; 0 when it is none."""
    given = name.casefold()
    return next((number for number, names in enumerate(MONTHS, 1) if given.startswith(tuple(names.split()))), 0)


def _year(text: str) -> int:
    return int(text) if len(text) > 2 else 2000 + int(text)


def _moment(parts: _Parts, month: int, day: int, zone: str) -> datetime:
    pattern = next(one for one in (YEAR_FIRST, COMPACT, NUMBERS, DAY_NAME, NAME_DAY) if one.match(parts.clock))
    found = pattern.match(parts.clock)
    clock = found.groupdict() if found else {}
    if clock.get("unknown"):
        unclear = clock["unknown"].strip(" ()")
        raise UnreadableDate(f"names a time zone, {unclear}, that means different ones in different places. Export it "
                             "in UTC or with an offset such as +01:00")  # fmt: skip
    hour, half = int(clock.get("hour") or 0), (clock.get("half") or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + HALVES[half]
    minute, second = int(clock.get("minute") or 0), int(clock.get("second") or 0)
    local = datetime(parts.year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone follows
    return local.replace(tzinfo=_offset(clock.get("zone") or "") or ZoneInfo(zone)).astimezone(UTC)


def _offset(text: str) -> timezone | None:
    """Return the zone that a date names: Z, UTC, or an offset; None without one."""
    if not text:
        return None
    digits = re.sub(r"\D", "", text)
    if not digits:
        return UTC
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return timezone(timedelta(minutes=-minutes if "-" in text else minutes))
