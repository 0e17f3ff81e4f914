"""The stand-up: who is asked when, in their own time zone, and who did not answer for how long."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.sla.working_time import WorkCalendar

ANSWER_LIMIT = 1000  # characters
MAX_DELAY = timedelta(hours=4)  # how late a person may be asked, and how long minutes wait for answers


@dataclass(frozen=True, slots=True, kw_only=True)
class StandUpAnswer:
    """What a person was asked on a day of theirs, and what they said; "" for nothing."""

    id: int
    phase_id: int
    day: date
    person: str
    asked_at: datetime
    answered_at: datetime | None = None
    done: str = ""
    next: str = ""
    blocked: str = ""


def day_to_ask(at: time, zone: ZoneInfo, calendar: WorkCalendar, now: datetime) -> date | None:
    """Return the working day, in a person's own time, for which they are to be asked now; None at other times."""
    local = now.astimezone(zone)
    due = datetime.combine(local.date(), at, zone)
    return local.date() if due <= local < due + MAX_DELAY and calendar.is_working_day(local.date()) else None


def deadline(day: date, at: time, zones: Iterable[ZoneInfo]) -> datetime:
    """Return until when people can answer for a day: a while after the last of them was asked in their own time."""
    return max(datetime.combine(day, at, zone).astimezone(UTC) for zone in zones) + MAX_DELAY


def is_complete(answers: Sequence[StandUpAnswer], people: AbstractSet[str], until: datetime, now: datetime) -> bool:
    """Whether the minutes of a day can be written: everyone has answered, or had the time to until that moment."""
    answered = {one.person for one in answers if one.answered_at}
    return bool(people) and (people <= answered or until <= now)


def missed_days(answers: Sequence[StandUpAnswer], until: date) -> Mapping[str, int]:
    """Return on how many of their last days, up to `until`, people did not answer; only those who missed that day."""
    found = dict[str, int]()
    for person in {one.person for one in answers}:
        mine = sorted((one for one in answers if one.person == person and one.day <= until), key=lambda one: one.day,
                      reverse=True)  # fmt: skip
        missed = next((n for n, one in enumerate(mine) if one.answered_at), len(mine))
        if mine and mine[0].day == until and missed:
            found[person] = missed
    return found
