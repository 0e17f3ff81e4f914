"""Working hours of a phase, and the SLA targets of its tickets."""

from datetime import date

from pydantic import Field

from domain.schedule import ALL_DAY, EVERY_DAY
from domain.settings import Days, Duration, Hours, Name, Table, TeamId, TimeZone
from domain.sla.clocks import SlaTarget
from domain.tickets.ticket import Severity


class SlaCalendar(Table):
    """Other working hours than the phase's, for some severities, modules and teams. The first that fits counts."""

    severities: tuple[Severity, ...] = Field(
        default=(), description="Only for tickets of these severities; without any, for all"
    )
    modules: tuple[Name, ...] = Field(
        default=(), description="Only for tickets of these modules and of the modules below them"
    )
    team: tuple[TeamId, ...] = Field(
        default=(), description="Only for tickets owned by one of these: ids of people and user groups"
    )
    days: Days = Field(default=EVERY_DAY, description="Working days")
    hours: Hours = Field(default=ALL_DAY, description="Working hours")
    timezone: TimeZone | None = Field(default=None, description="Time zone; without one, the phase's")
    holidays: bool = Field(default=False, description="Whether the phase's holidays are days off")


class SlaSettings(Table):
    """Working hours of the phase, and how fast each severity is acknowledged, updated and resolved."""

    work_days: Days = Field(default="mon tue wed thu fri", description="Working days")
    work_hours: Hours = Field(default="09:00-17:00", description="Working hours, in the phase's time zone")
    holidays: tuple[date, ...] = Field(default=(), description="Days off")
    targets: dict[Severity, dict[SlaTarget, Duration]] = Field(
        default_factory=dict,
        description="Working time to `acknowledge`, `update` and `resolve`, by severity; `none` for no target",
    )
    calendars: tuple[SlaCalendar, ...] = Field(
        default=(), max_length=20, description="Other working hours for some tickets; the first that fits counts"
    )
