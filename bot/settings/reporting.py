"""What a phase's file says of figures: its digests, and the users that are told apart."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.settings.phase_tables import Clock, Days, Name, TeamId, Zone

Place = Annotated[str, StringConstraints(pattern=r"^[CGUW][A-Z0-9]{5,}$")] | TeamId


class DigestFile(BaseModel):
    """A digest, in a `[[phase.digests]]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,29}$", description="Short name, as in `/hypercare digest now daily`")
    audience: Literal["team", "stakeholders", "reporters"] = Field(
        default="team",
        description="`team`: everything; `stakeholders`: figures without people; `reporters`: what is known",
    )
    every: Literal["day", "week", "never"] = Field(default="day", description="`day`, `week` or `never`")
    days: Days | Literal[""] = Field(
        default="", description="On which days, the first of them when weekly; the working days without any"
    )
    at: Clock = Field(default="09:00", description="When, on its local clock")
    timezone: Zone | None = Field(default=None, description="Time zone; the phase's without one")
    places: tuple[Place, ...] = Field(
        default=(),
        max_length=20,
        description="Ids of channels, people and user groups; where the audience is without any",
    )


class UserGroupFile(BaseModel):
    """Users who have something in common, such as a site or a department, in a `[[phase.user_groups]]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = Field(description="What it is called in figures")
    members: tuple[TeamId, ...] = Field(min_length=1, max_length=1000, description="Ids of people and user groups")
    people: int = Field(default=0, ge=0, description="How many they are; as many as members without it")
