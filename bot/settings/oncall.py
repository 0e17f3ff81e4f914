"""What a phase's file says of the people on call: the roster, rotas with their layers, and escalation policies."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from bot.settings.phase_tables import (
    Clock,
    Days,
    Name,
    Night,
    PersonId,
    RotaName,
    SeverityName,
    Span,
    Target,
    Turn,
    Wait,
    Zone,
)
from domain.sla.working_time import ALL_DAY, EVERY_DAY


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MemberFile(_Table):
    """Somebody of the roster, in a `[[phase.roster]]` table."""

    person: PersonId = Field(description="Their id")
    share: float = Field(default=1.0, gt=0, le=1, description="How much of their time is the phase's")
    since: date | None = Field(default=None, description="Their first day")
    until: date | None = Field(default=None, description="Their last day")


class LayerFile(_Table):
    """People who take turns, in a `[[phase.rotas.layers]]` table."""

    people: tuple[PersonId, ...] = Field(
        default=(), max_length=50, description="Ids, in the order of their turns; whoever is on the roster without any"
    )
    turn: Turn = Field(default="weekly", description="`daily`, `weekly`, or a rule as `FREQ=WEEKLY;BYDAY=MO,TH`")
    hand_over: Clock = Field(default="09:00", description="When the turn passes on")
    since: date = Field(default=date(2024, 1, 1), description="The day of the first one's first turn")
    timezone: Zone | None = Field(default=None, description="Time zone; the rota's without one")
    days: Days = Field(default=EVERY_DAY, description="Days of this layer")
    hours: Night = Field(default=ALL_DAY, description="Hours of this layer; `20:00-08:00` goes into the next morning")
    shadow: bool = Field(default=False, description="Whether they only go along, and are told as well")


class RotaFile(_Table):
    """Who is on call, in a `[[phase.rotas]]` table; of its layers the first that has somebody counts."""

    name: RotaName = Field(description="What it is called, as in `oncall:primary`")
    layers: tuple[LayerFile, ...] = Field(default=(), max_length=10, description="Who takes turns")
    group: str = Field(
        default="", pattern=r"^(S[A-Z0-9]{5,})?$", description="Id of a user group that is kept equal to who is on"
    )
    days: Days = Field(default=EVERY_DAY, description="Days on which somebody has to be on")
    hours: Night = Field(default=ALL_DAY, description="Hours in which somebody has to be on")
    timezone: Zone | None = Field(default=None, description="Time zone; the phase's without one")


class StepFile(_Table):
    """One step of an escalation, in a `[[phase.policies.steps]]` table."""

    targets: tuple[Target, ...] = Field(
        min_length=1, max_length=20,
        description="`oncall`, `oncall:NAME`, `leads`, `responders`, `owner`, ids, `webhook:NAME`, `pagerduty`",
    )  # fmt: skip
    wait: Wait = Field(default="5m", description="How long to wait for somebody before the next step")


class PolicyFile(_Table):
    """How the team is woken, in a `[[phase.policies]]` table; the first that fits a ticket counts."""

    name: Name = Field(description="What it is called")
    steps: tuple[StepFile, ...] = Field(min_length=1, max_length=20, description="Whom to tell, one after the other")
    severities: tuple[SeverityName, ...] = Field(
        default=("critical",), description="For tickets of these severities; for all without any"
    )
    modules: tuple[Name, ...] = Field(
        default=(), description="For tickets of these modules and of what lies below them"
    )
    days: Days = Field(default=EVERY_DAY, description="For what begins on these days")
    hours: Night = Field(default=ALL_DAY, description="For what begins within these hours")
    timezone: Zone | None = Field(default=None, description="Time zone; the phase's without one")
    repeat: int | None = Field(
        default=None, ge=0, le=100, description="How often all steps are taken again; until somebody comes without it"
    )
    silence: Span = Field(default="30m", description="How long whoever has it may be silent; `none` and for ever")
    answer: Wait = Field(default="10m", description="How long they have to say that they still have it")
