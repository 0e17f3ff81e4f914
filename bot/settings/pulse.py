"""What a phase's file says of pulses: what is asked of whom, and when."""

import re
from typing import Annotated, Literal, Self

from dateutil.rrule import rrulestr
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.settings.phase_tables import Clock, Name, TeamId
from domain.statistics.disclosure import MIN_GROUP_SIZE

MOST = 10  # questions; a form can have no more than people answer


def _rule(value: str) -> str:
    said = value.upper()
    if not re.match(r"^FREQ=(DAILY|WEEKLY|MONTHLY)(;|$)", said):
        raise ValueError("a schedule is a rule such as `FREQ=WEEKLY;BYDAY=TH`")
    try:
        rrulestr(said)
    except ValueError:
        raise ValueError(f"{value!r} is not a recurrence rule such as `FREQ=WEEKLY;BYDAY=TH`") from None
    return said


Rule = Annotated[str, AfterValidator(_rule)]
ChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{5,}$")]
PulseName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,29}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QuestionFile(_Table):
    """One question, in a `[[phase.pulses.questions]]` table."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,29}$", description="Short name, in small letters")
    kind: Literal["satisfaction", "ease", "needs", "effort", "nps", "choice", "text", "praise"] = Field(
        description="`satisfaction` (1-5), `ease`, `needs`, `effort` (1-7), `nps` (0-10), `choice`, `text` or `praise`"
    )
    text: Words = Field(description="What is asked")
    options: tuple[Name, ...] = Field(default=(), max_length=20, description="What can be chosen, of a `choice`")
    required: bool = Field(default=False, description="Whether the form insists on it")
    when_low: bool = Field(default=False, description="Only asked after a low answer to a question before it")

    @model_validator(mode="after")
    def _choices(self) -> Self:
        if (self.kind == "choice") != (len(self.options) > 1):
            raise ValueError("a choice has two options or more, and nothing else has any")
        if len({option[:20].casefold() for option in self.options}) < len(self.options):
            raise ValueError("options differ within their first twenty characters, which is what a chart shows")
        return self


class SegmentFile(_Table):
    """Part of an audience, in a `[[phase.pulses.segments]]` table; whoever is in several counts in the first."""

    name: Name = Field(description="What its results are shown under")
    channels: tuple[ChannelId, ...] = Field(default=(), description="Ids of channels whose members are asked")
    people: tuple[TeamId, ...] = Field(default=(), description="Ids of people and user groups")
    module: str = Field(default="", max_length=75, description="The module that they work with")
    process: str = Field(default="", max_length=75, description="The business process that they work in")


class PulseFile(_Table):
    """A pulse, in a `[[phase.pulses]]` table."""

    name: PulseName = Field(description="Short name, as in `/hypercare pulse now weekly`")
    template: Literal["weekly", "end", "resolved"] = Field(
        default="weekly", description="Where title and questions come from that are left out"
    )
    title: str = Field(default="", max_length=60, description="What people read above it")
    intro: str = Field(default="", max_length=500, description="A sentence before the first question")
    questions: tuple[QuestionFile, ...] = Field(default=(), max_length=MOST, description="Questions of your own")
    segments: tuple[SegmentFile, ...] = Field(
        default=(), max_length=20, description="Who is asked; whoever is in the intake channels without any"
    )
    occasion: Literal["schedule", "end", "resolved", "hand"] = Field(
        default="hand", description="`schedule`, at the `end` of the phase, when something was `resolved`, or by `hand`"
    )
    days: Rule = Field(default="FREQ=WEEKLY;BYDAY=TU", description="On which days, of a schedule")
    at: Clock = Field(default="10:00", description="When, where each person lives")
    open_days: int = Field(default=4, ge=1, le=28, description="For how many days it can be answered")
    sample: float = Field(default=1.0, gt=0, le=1, description="The share of those people who are asked each time")
    anonymous: bool = Field(default=True, description="Whether nobody may learn who answered what")
    threshold: int = Field(
        default=MIN_GROUP_SIZE,
        ge=3,
        le=50,
        description="Nothing is shown of fewer people, nor what would give them away",
    )
    comments: int = Field(
        default=MIN_GROUP_SIZE, ge=3, le=50, description="So many have to have written before anything of it is shown"
    )
    readers: Literal["leads", "responders", "everyone"] = Field(
        default="everyone", description="Who sees results; for everyone they stand in the digest channel"
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        ids = [q.id for q in self.questions]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"each question stands there once, but not {', '.join(twice)}")
        if self.occasion == "resolved" and self.anonymous:
            raise ValueError("whoever reported what was resolved is known: say `anonymous = false`")
        if self.questions and (self.questions[0].kind in ("text", "praise") or self.questions[0].when_low):
            raise ValueError("the first question is answered by one tap, so it asks for a number or a choice")
        return self
