"""What a phase's file is made of: names, hours and zones as they are written, and the tables within it."""

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrulestr
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from domain.oncall.rota import TURN_RULES
from domain.sla.working_time import WEEKDAYS

HOURS = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$")
PERSON = re.compile(r"^[UW][A-Z0-9]{5,}$")
TARGET = re.compile(r"^(oncall(:[\w -]{1,40})?|leads|responders|owner|pagerduty|webhook:[a-z][a-z0-9_]{0,19}"
                    r"|[UWSCG][A-Z0-9]{5,})$")  # fmt: skip
SPAN = re.compile(r"^(?=.)(\d{1,4}h)?(\d{1,4}m)?$")


def _days(value: str) -> str:
    named = value.lower().split()
    if not named or any(day not in WEEKDAYS for day in named):
        raise ValueError("working days are written as in `mon tue wed thu fri`")
    return " ".join(day for day in WEEKDAYS if day in named)


def _hours(value: str) -> str:
    begin, _, end = value.partition("-")
    if not HOURS.match(value) or begin >= end or end > "24:00":
        raise ValueError("working hours are written as in `09:00-17:00`")
    return value


def _night(value: str) -> str:
    """Also into the next morning."""
    begin, _, end = value.partition("-")
    if not HOURS.match(value) or begin == end or end > "24:00":
        raise ValueError("hours are written as in `09:00-17:00`, or `20:00-08:00` into the next morning")
    return value


def _turn(value: str) -> str:
    if value in TURN_RULES:
        return value
    said = value.upper()
    if "COUNT" in said or "UNTIL" in said or not re.match(r"^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)", said):
        raise ValueError("a turn is `daily`, `weekly`, or a rule without an end such as `FREQ=WEEKLY;BYDAY=MO,TH`")
    try:
        rrulestr(said)
    except ValueError:
        raise ValueError(f"{value!r} is not a recurrence rule such as `FREQ=WEEKLY;BYDAY=MO,TH`") from None
    return said


def _wait(value: str) -> str:
    if value == "none":
        raise ValueError("a wait is at least a minute, as in `5m`")
    return _span(value)


def _target(value: str) -> str:
    if not TARGET.match(value):
        raise ValueError("a target is `oncall`, `oncall:` and a rota, `leads`, `responders`, `owner`, `pagerduty`, "
                         "`webhook:` and its name, or the id of a person, a user group or a channel")  # fmt: skip
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{value!r} is not a time zone such as Europe/Berlin") from None
    return value


def _span(value: str) -> str:
    if value != "none" and not (SPAN.match(value) and value.strip("0hm")):
        raise ValueError("times are written as in `30m`, `4h` or `1h30m`, and `none` promises nothing")
    return value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=75)]
Days = Annotated[str, AfterValidator(_days)]
Hours = Annotated[str, AfterValidator(_hours)]
Zone = Annotated[str, AfterValidator(_zone)]
Span = Annotated[str, AfterValidator(_span)]
Night = Annotated[str, AfterValidator(_night)]
Turn = Annotated[str, AfterValidator(_turn)]
Wait = Annotated[str, AfterValidator(_wait)]
Target = Annotated[str, AfterValidator(_target)]
PersonId = Annotated[str, StringConstraints(pattern=PERSON.pattern)]
TeamId = Annotated[str, StringConstraints(pattern=r"^[UWS][A-Z0-9]{5,}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
RotaName = Annotated[str, StringConstraints(pattern=r"^[\w -]{1,40}$")]
SeverityName = Literal["critical", "high", "medium", "low"]
GoalName = Literal["acknowledge", "news", "resolve"]


class FieldFile(BaseModel):
    """A field of the phase's own, in a `[[phase.custom_fields]]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,29}$", description="Short name, in small letters")
    label: Name = Field(description="What the form calls it")
    options: tuple[Name, ...] = Field(default=(), max_length=100, description="What can be chosen; words without any")
    required: bool = Field(default=False, description="Whether it has to be filled in")


class CalendarFile(BaseModel):
    """Other working hours than the phase's, in a `[[phase.calendars]]` table; for all tickets where it names none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    severities: tuple[SeverityName, ...] = Field(default=(), description="For tickets of these severities")
    modules: tuple[Name, ...] = Field(
        default=(), description="For tickets of these modules and of what lies below them"
    )
    team: tuple[TeamId, ...] = Field(
        default=(), description="For tickets that one of these has: ids of people and user groups"
    )
    days: Days = Field(default="mon tue wed thu fri sat sun", description="Days on which somebody works")
    hours: Hours = Field(default="00:00-24:00", description="From when to when")
    timezone: Zone | None = Field(default=None, description="Time zone; the phase's without one")
    holidays: bool = Field(default=False, description="Whether the phase's holidays are free")
