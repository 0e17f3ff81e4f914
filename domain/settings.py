"""The base of every settings table, and names, days, hours, time zones and ids as people write them in a file."""

import re
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from domain.address import Address, AddressKind
from domain.schedule import WEEKDAYS

HOURS = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$")
DURATION = re.compile(r"^(?=.)(\d{1,4}h)?(\d{1,4}m)?$")


class Table(BaseModel):
    """A table of a settings file: it cannot be changed once read, and an unknown name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Use(StrEnum):
    """Whether a form asks for a field."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


def _days(value: str) -> str:
    named = value.lower().split()
    if not named or any(day not in WEEKDAYS for day in named):
        raise ValueError("days are written as in `mon tue wed thu fri`")
    return " ".join(day for day in WEEKDAYS if day in named)


def _hours(value: str) -> str:
    begin, _, end = value.partition("-")
    if not HOURS.match(value) or begin >= end or end > "24:00":
        raise ValueError("working hours are written as in `09:00-17:00`")
    return value


def _hours_past_midnight(value: str) -> str:
    begin, _, end = value.partition("-")
    if not HOURS.match(value) or begin == end or end > "24:00":
        raise ValueError("hours are written as in `09:00-17:00`, or `20:00-08:00` into the next morning")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{value!r} is not a time zone such as Europe/Berlin") from None
    return value


def _duration(value: str) -> str:
    if value != "none" and not (DURATION.match(value) and value.strip("0hm")):
        raise ValueError("times are written as in `30m`, `4h` or `1h30m`, and `none` for no limit")
    return value


def _wait(value: str) -> str:
    if value == "none":
        raise ValueError("a wait is at least a minute, as in `5m`")
    return _duration(value)


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    names = [_name_of(value) for value in values]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"each may appear once, but these are repeated: {', '.join(twice)}")
    return values


def _name_of(value: Any) -> str:
    return str(next((getattr(value, n) for n in ("id", "name", "person") if hasattr(value, n)), value))


def _channel(value: str) -> str:
    address = Address.parse(value)
    if not (address.is_id and address.kind is AddressKind.CHANNEL):
        raise ValueError(f"channel ids look like C0123456789 (channel details, at the bottom), unlike {value}")
    return value


def _team(value: str) -> str:
    if not is_team_id(value):
        raise ValueError("people's ids look like U0123456789 (profile, Copy member ID), those of user groups like "
                         f"S0123456789, unlike {value}")  # fmt: skip
    return value


def is_person_id(value: str) -> bool:
    address = Address.parse(value)
    return address.is_id and address.kind is AddressKind.PERSON


def is_team_id(value: str) -> bool:
    address = Address.parse(value)
    return address.is_id and address.kind in (AddressKind.PERSON, AddressKind.GROUP)


def _person(value: str) -> str:
    if not is_person_id(value):
        raise ValueError(f"people's ids look like U0123456789 (profile, Copy member ID), unlike {value}")
    return value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=75)]
ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,29}$")]
FieldId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
EachOnce = AfterValidator(_each_once)  # of a tuple of names, or of tables by their id, name or person
Names = Annotated[tuple[Name, ...], EachOnce]
Days = Annotated[str, AfterValidator(_days)]
Hours = Annotated[str, AfterValidator(_hours)]
HoursPastMidnight = Annotated[str, AfterValidator(_hours_past_midnight)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Duration = Annotated[str, AfterValidator(_duration)]
Wait = Annotated[str, AfterValidator(_wait)]
ChannelId = Annotated[str, AfterValidator(_channel)]
OptionalChannelId = Annotated[str, AfterValidator(lambda value: value and _channel(value))]
PersonId = Annotated[str, AfterValidator(_person)]
TeamId = Annotated[str, AfterValidator(_team)]  # a person or a user group
