"""Who reads which figures: digests, KPI targets, groups of users, and the thresholds of pitfalls."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.address import Address
from domain.mail.settings import MailAddress
from domain.reporting.kpis import KpiTarget
from domain.reporting.objectives import Objective
from domain.reporting.pitfalls import Pitfall
from domain.settings import Days, EachOnce, Name, ShortName, Table, TeamId, TimeOfDay, TimeZone


def _place(value: str) -> str:
    if not Address.parse(value).is_id:
        raise ValueError(f"a place is the id of a channel, a person or a user group, unlike {value}")
    return value


Place = Annotated[str, AfterValidator(_place)]  # a channel, a person or a user group


class Audience(StrEnum):
    TEAM = "team"
    STAKEHOLDERS = "stakeholders"
    REPORTERS = "reporters"


class DigestFrequency(StrEnum):
    DAY = "day"
    WEEK = "week"
    NEVER = "never"


class Digest(Table):
    """A summary of the phase that is posted regularly."""

    name: ShortName = Field(description="Short name, as in `/hypercare digest now daily`")
    audience: Audience = Field(
        default=Audience.TEAM,
        description="`team`: everything; `stakeholders`: figures without people; `reporters`: known issues",
    )
    every: DigestFrequency = Field(default=DigestFrequency.DAY, description="`day`, `week` or `never`")
    days: Days | Literal[""] = Field(
        default="", description="On which days, only the first when weekly; without any, the working days"
    )
    at: TimeOfDay = Field(default="09:00", description="Time of day, in its time zone")
    timezone: TimeZone | None = Field(default=None, description="Time zone; without one, the phase's")
    places: tuple[Place, ...] = Field(
        default=(),
        max_length=20,
        description="Ids of channels, people and user groups; without any, where its audience is",
    )
    mails: tuple[MailAddress, ...] = Field(
        default=(),
        max_length=100,
        description="E-mail addresses of people outside Slack, who get its figures without tickets and people",
    )


class UserGroup(Table):
    """Users who have something in common, such as a site or a department, counted apart in figures."""

    name: Name = Field(description="Name shown in figures")
    members: tuple[TeamId, ...] = Field(min_length=1, max_length=1000, description="Ids of people and user groups")
    people: int = Field(default=0, ge=0, description="How many people it has; 0 to count the members")


class ReportingSettings(Table):
    """Who reads which figures, and what they are compared with."""

    digests: Annotated[tuple[Digest, ...], EachOnce] = Field(
        default=(), max_length=20, description="Who reads a summary, and when; without any, the team on working days"
    )
    kpi_targets: dict[KpiTarget, float | Literal["none"]] = Field(
        default_factory=dict, description="Targets of the six figures where they differ from the usual; `none` for none"
    )
    objectives: Annotated[tuple[Objective, ...], EachOnce] = Field(
        default=(), max_length=20, description="Business objectives: figures that the go-live is to improve"
    )
    pitfalls: dict[Pitfall, float] = Field(
        default_factory=dict, description="Thresholds of pitfalls where they differ from the usual"
    )
    user_groups: Annotated[tuple[UserGroup, ...], EachOnce] = Field(
        default=(),
        max_length=50,
        description="Users counted apart in figures; a person in several groups counts in the first",
    )
    testers: tuple[TeamId, ...] = Field(
        default=(),
        description="Ids of people and groups who test; with them, the number of undiscovered defects is estimated",
    )
    hour_cost: float = Field(
        default=0.0, ge=0, description="What an hour of the team costs, for the cost of incidents; 0 to leave it out"
    )
    currency: str = Field(default="EUR", min_length=1, max_length=8, description="The currency of `hour_cost`")
    expected_daily: float = Field(
        default=0.0, ge=0, description="How many reports were expected on a working day; 0 when unknown"
    )
    providers: tuple[Name, ...] = Field(
        default=(), description="Who gives feedback: ids of people and groups, names of partners; named in the report"
    )
    consumers: tuple[Name, ...] = Field(
        default=(), description="Who reads the figures: ids get the stakeholders' digests, other names are listed"
    )
