"""When the story takes place: a real week that is over, and the days since then up to the present."""

from calendar import month_name
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")  # the time zone of the sandbox's phase
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAYS = tuple(day[:3] for day in WEEK)
FIRST = time(7, 40)
LAST = time(17, 45)
FULL_WEEKS = 6  # of the whole story


def read_time(text: str) -> timedelta:
    """`Tue 08:05` as the time since Monday 00:00; `Tue2 08:05` is a week later."""
    day, _, clock = text.partition(" ")
    hours, _, minutes = clock.partition(":")
    weeks = int(day[3:] or 1) - 1
    return timedelta(days=DAYS.index(day[:3]) + 7 * weeks, hours=int(hours), minutes=int(minutes))


def opening(now: datetime, weeks: int = 1) -> datetime:
    """The morning of the latest Monday since which so many weeks are over; where a sandbox starts its clock."""
    local = now.astimezone(ZONE)
    monday = local.date() - timedelta(days=local.weekday())
    if local < at_clock(monday, timedelta(days=6), LAST):
        monday -= timedelta(days=7)
    monday -= timedelta(days=7 * (weeks - 1))
    return at_clock(monday, timedelta(), FIRST).astimezone(UTC)


def first_monday(clock: datetime) -> datetime:
    """The Monday (00:00) of the week to play: this one when the clock stands before its first scene, else the next."""
    local = clock.astimezone(ZONE)
    monday = local.date() - timedelta(days=local.weekday())
    if local > at_clock(monday, timedelta(), FIRST) + timedelta(minutes=5):
        monday += timedelta(days=7)
    return at_clock(monday, timedelta(), time(0))


def moment(monday: datetime, since: timedelta) -> datetime:
    """Wall clock time, so that 08:05 stays 08:05 in the week in which the clocks change."""
    hours, minutes = divmod(since.seconds // 60, 60)
    return at_clock(monday.date(), timedelta(days=since.days), time(hours, minutes)).astimezone(UTC)


def months(monday: date) -> dict[str, str]:
    """The months that people talk about, by the words the script has for them."""
    names = {"{last}": -1, "{month}": 0, "{next}": 1, "{after}": 2}
    return {word: month_name[(monday.month - 1 + step) % 12 + 1] for word, step in names.items()}


def at_clock(monday: date, days: timedelta, clock: time) -> datetime:
    return datetime.combine(monday + days, clock, tzinfo=ZONE)
