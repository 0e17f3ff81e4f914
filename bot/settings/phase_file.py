"""A phase as an operator writes it: all there is to it, with every complaint at once."""

import re
from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.settings.followup import WEEKLY, MacroFile, PitfallName, Use
from bot.settings.oncall import MemberFile, PolicyFile, RotaFile
from bot.settings.phase_tables import (
    PERSON,
    CalendarFile,
    Days,
    FieldFile,
    GoalName,
    Hours,
    Name,
    SeverityName,
    Span,
    Zone,
)
from bot.settings.pulse import PulseFile
from bot.settings.reporting import DigestFile, UserGroupFile

CHANNEL = re.compile(r"^[CG][A-Z0-9]{5,}$")
GROUP = re.compile(r"^S[A-Z0-9]{5,}$")
FormField = Literal["happened", "type", "category", "module", "process", "impact", "business", "urgency", "people",
                    "steps", "expected", "actual", "environment", "files"]  # fmt: skip
RoleName = Literal["business", "development", "operations", "support", "qa", "project_management"]
FigureName = Literal["criticals", "mttr", "satisfaction", "uptime", "error_rate", "backlog"]
Family = Literal["gateway", "ai", "api"]


class InvalidSettings(Exception):  # noqa: N818 - it is shown to the operator as a sentence
    """What is wrong with the settings, every complaint on a line of its own."""


class PhaseFile(BaseModel):
    """A phase in the `[phase]` table of the settings, or in a file of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(
        pattern=r"^[A-Z][A-Z0-9]{1,9}$", description="Short key in front of every number: `PAY` gives PAY-42"
    )
    name: str = Field(min_length=1, max_length=80, description="What people call it")
    system: str = Field(default="", max_length=80, description="The system that went live; the name when left out")
    state: Literal["planned", "active"] = Field(default="active", description="A planned phase takes no reports yet")
    go_live: date | None = Field(default=None, description="The day it goes live")
    planned_end: date | None = Field(default=None, description="The day the phase is to end")
    triage_channel: str = Field(description="Id of the channel where cards appear")
    oncall_channel: str = Field(description="Id of the channel that hears of criticals at once")
    digest_channel: str = Field(default="", description="Id of the channel for digests")
    private_channel: str = Field(
        default="", description="Id of a private channel for security tickets; else a lead's direct messages"
    )
    intake_channels: tuple[str, ...] = Field(default=(), description="Ids of the channels people report from")
    auto_intake: tuple[str, ...] = Field(
        default=(), description="Ids of channels in which every new message is a report, unless it starts with `//`"
    )
    leads: tuple[str, ...] = Field(min_length=1, description="Ids of the leads: people, at least one, and user groups")
    responders: tuple[str, ...] = Field(default=(), description="Ids of the responders: people and user groups")
    modules: tuple[Name, ...] = Field(
        default=(), max_length=100, description="Parts of the system, offered in the form; a tree as `Area / Part`"
    )
    processes: tuple[Name, ...] = Field(default=(), max_length=100, description="Business processes")
    categories: tuple[Name, ...] = Field(default=(), max_length=100, description="Categories of your own")
    templates: tuple[Family, ...] = Field(default=(), description="More kinds of reports: `gateway`, `ai`, `api`")
    fields: dict[FormField, Use] = Field(
        default_factory=dict, description="Which fields the form has: `off`, `optional` or `required`, by field"
    )
    custom_fields: tuple[FieldFile, ...] = Field(default=(), max_length=10, description="Fields of your own")
    roles: dict[RoleName, tuple[Name, ...]] = Field(
        default_factory=dict, description="Who fills the six roles of the team; an empty one is warned about"
    )
    providers: tuple[Name, ...] = Field(default=(), description="Who gives feedback: people, groups, partners' names")
    consumers: tuple[Name, ...] = Field(default=(), description="Who reads it")
    users: int = Field(default=0, ge=0, description="How many people work with the system; 0 when nobody knows")
    timezone: Zone = Field(default="UTC", description="Time zone of the phase, such as Europe/Berlin")
    work_days: Days = Field(default="mon tue wed thu fri", description="Working days")
    work_hours: Hours = Field(default="09:00-17:00", description="Working hours, in the phase's time zone")
    holidays: tuple[date, ...] = Field(default=(), description="Days nobody works")
    targets: dict[SeverityName, dict[GoalName, Span]] = Field(
        default_factory=dict, description="Other times than the usual to `acknowledge`, give `news` and `resolve`"
    )
    calendars: tuple[CalendarFile, ...] = Field(
        default=(),
        max_length=20,
        description="Other working hours for some severities, modules or teams; the first counts",
    )
    roster: tuple[MemberFile, ...] = Field(
        default=(), max_length=100, description="Who works for the phase, how much of their time, and until when"
    )
    rotas: tuple[RotaFile, ...] = Field(default=(), max_length=10, description="Who is on call when")
    policies: tuple[PolicyFile, ...] = Field(
        default=(), max_length=20, description="Who is told of what, and who next when nobody comes"
    )
    capacity_path: tuple[str, ...] = Field(
        default=(), description="Ids of who is asked when there is more to do than people can; the leads without"
    )
    productive_hours: float = Field(
        default=5.0, gt=0, le=24, description="Hours a day that one person really works on tickets"
    )
    digests: tuple[DigestFile, ...] = Field(
        default=(),
        max_length=20,
        description="Who reads how things stand, and when; the team every morning without any",
    )
    goals: dict[FigureName, float | Literal["none"]] = Field(
        default_factory=dict, description="Other targets than the usual of the six figures; `none` for none"
    )
    user_groups: tuple[UserGroupFile, ...] = Field(
        default=(), max_length=50, description="Users who are told apart in figures; the first that has somebody counts"
    )
    testers: tuple[str, ...] = Field(
        default=(),
        description="Ids of people and groups who look for defects, apart from users; tells how many nobody has found",
    )
    expected_daily: float = Field(
        default=0.0, ge=0, description="How many reports a working day were planned for; 0 when nobody planned"
    )
    pulses: tuple[PulseFile, ...] = Field(default=(), max_length=10, description="What people are asked regularly")
    pulse_budget: int = Field(
        default=4, ge=1, le=60, description="How often anybody is asked within four weeks, by all pulses together"
    )
    emoji: str = Field(
        default="sos", pattern=r"^[a-z0-9_+'-]{1,80}$", description="Reacting with it to a message reports the message"
    )
    anonymous: bool = Field(default=True, description="Whether reports without a name are taken")
    fix_tests: Use = Field(
        default="optional",
        description="Whether resolving asks for the test that proved it: `off`, `optional`, `required`",
    )
    two_way: bool = Field(
        default=False, description="Whether the team's thread goes to the reporter, but for what starts with `//`"
    )
    macros: tuple[MacroFile, ...] = Field(default=(), max_length=50, description="Answers that are given often")
    note: str = Field(
        default="fri 14:00", pattern=WEEKLY, description="When leads get the week's “you said, we did” to read; `never`"
    )
    pitfalls: dict[PitfallName, float] = Field(
        default_factory=dict, description="Other thresholds of pitfalls than usual"
    )

    @field_validator("triage_channel", "oncall_channel", "digest_channel", "private_channel")
    @classmethod
    def _channel(cls, value: str) -> str:
        if value and not CHANNEL.match(value):
            raise ValueError("channel ids look like C0123456789 (channel details, at the bottom)")
        return value

    @field_validator("intake_channels", "auto_intake")
    @classmethod
    def _channels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _all(value, lambda v: bool(CHANNEL.match(v)), "channel ids look like C0123456789")

    @field_validator("leads", "responders", "capacity_path", "testers")
    @classmethod
    def _people(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        what = "people's ids look like U0123456789 (profile, Copy member ID), those of user groups like S0123456789"
        return _all(value, lambda v: bool(PERSON.match(v) or GROUP.match(v)), what)

    @field_validator("leads")
    @classmethod
    def _somebody(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not any(PERSON.match(one) for one in value):
            raise ValueError("at least one lead is a person, who gets what not everybody may see when a group is empty")
        return value

    @field_validator("modules", "processes", "categories")
    @classmethod
    def _different(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if twice := sorted({v for v in value if value.count(v) > 1}):
            raise ValueError(f"each name stands there once, but not {', '.join(twice)}")
        return value

    @field_validator("custom_fields", "rotas", "policies", "roster", "digests", "user_groups", "pulses", "macros")
    @classmethod
    def _ids(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [str(next(getattr(one, n) for n in ("id", "name", "person") if hasattr(one, n))) for one in value]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"each of them stands there once, but not {', '.join(twice)}")
        return value

    @model_validator(mode="after")
    def _known_rotas(self) -> Self:
        known = {f"oncall:{rota.name}" for rota in self.rotas}
        wanted = {target for policy in self.policies for step in policy.steps for target in step.targets}
        if unknown := sorted(t for t in wanted - known if t.startswith("oncall:")):
            raise ValueError(f"policies: there is no rota for {', '.join(unknown)}")
        return self


def complaint(error: Any, prefix: str = "") -> str:
    """One line an operator can act on. The value is never shown: it may be a secret."""
    name = "__".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if not name:
        return f"{message}."
    label = prefix + name.upper() if prefix else name.replace("__", ".")
    return f"{label}: {'please set it' if error['type'] == 'missing' else message[:1].lower() + message[1:]}."


def _all(value: tuple[str, ...], fits: Any, what: str) -> tuple[str, ...]:
    if bad := [v for v in value if not fits(v)]:
        raise ValueError(f"{what}; this does not: {', '.join(bad)}")
    return value
