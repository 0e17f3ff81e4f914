"""What people are asked regularly: pulses, their questions, and who is asked."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Self

from dateutil.rrule import rrulestr
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.settings import ChannelId, EachOnce, FieldId, Name, ShortName, Table, TeamId, TimeOfDay
from domain.statistics.disclosure import MIN_GROUP_SIZE

MAX_QUESTIONS = 10  # people do not finish longer forms


class QuestionKind(StrEnum):
    """What a question asks for: a number on a scale, a choice or a text."""

    SATISFACTION = "satisfaction"
    EASE = "ease"
    NEEDS = "needs"
    EFFORT = "effort"
    NPS = "nps"
    CHOICE = "choice"
    TEXT = "text"
    PRAISE = "praise"

    @property
    def scale(self) -> range:
        """The possible numbers; empty for choices and texts."""
        return SCALES.get(self, range(0))

    @property
    def end_labels(self) -> tuple[str, str]:
        """The labels of the lowest and the highest number."""
        return SCALE_END_LABELS[self]

    @property
    def is_text(self) -> bool:
        return self in (QuestionKind.TEXT, QuestionKind.PRAISE)


SCALES = {
    QuestionKind.SATISFACTION: range(1, 6),
    QuestionKind.EASE: range(1, 8),
    QuestionKind.NEEDS: range(1, 8),
    QuestionKind.EFFORT: range(1, 8),
    QuestionKind.NPS: range(11),
}
SCALE_END_LABELS = {
    QuestionKind.SATISFACTION: ("very dissatisfied", "very satisfied"),
    QuestionKind.EASE: ("strongly disagree", "strongly agree"),
    QuestionKind.NEEDS: ("strongly disagree", "strongly agree"),
    QuestionKind.EFFORT: ("strongly disagree", "strongly agree"),
    QuestionKind.NPS: ("not at all likely", "extremely likely"),
}


class Occasion(StrEnum):
    """What starts a wave."""

    SCHEDULE = "schedule"
    END = "end"  # on the day the phase is planned to end
    RESOLVED = "resolved"  # the reporter of a resolved ticket is asked
    HAND = "hand"  # a lead


class Readers(StrEnum):
    """Who may see the results."""

    LEADS = "leads"
    RESPONDERS = "responders"
    EVERYONE = "everyone"


class PulseTemplate(StrEnum):
    """Ready-made titles and questions."""

    WEEKLY = "weekly"
    END = "end"
    RESOLVED = "resolved"
    REVIEW = "review"  # what a post-mortem collects


@lru_cache(maxsize=256)  # a phase is validated each time it is read, and parsing a rule is slow
def _rule(value: str) -> str:
    rule = value.upper()
    if not re.match(r"^FREQ=(DAILY|WEEKLY|MONTHLY)(;|$)", rule):
        raise ValueError("a schedule is a rule such as `FREQ=WEEKLY;BYDAY=TH`")
    try:
        rrulestr(rule)
    except ValueError:
        raise ValueError(f"{value!r} is not a recurrence rule such as `FREQ=WEEKLY;BYDAY=TH`") from None
    return rule


Rule = Annotated[str, AfterValidator(_rule)]
QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150)]


class Question(Table):
    """A question of a pulse. The first one is answered with one tap."""

    id: FieldId = Field(description="Short name, in lower case")
    kind: QuestionKind = Field(
        description="`satisfaction` (1-5), `ease`, `needs`, `effort` (1-7), `nps` (0-10), `choice`, `text` or `praise`"
    )
    text: QuestionText = Field(description="The question, or the statement people agree with")
    options: tuple[Name, ...] = Field(default=(), max_length=20, description="The options of a `choice`")
    required: bool = Field(default=False, description="Whether it must be answered")
    when_low: bool = Field(default=False, description="Ask this only after a low answer to an earlier question")

    @model_validator(mode="after")
    def _choices(self) -> Self:
        if (self.kind == QuestionKind.CHOICE) != (len(self.options) > 1):
            raise ValueError("a choice has two options or more, and no other kind has any")
        if len({option[:20].casefold() for option in self.options}) < len(self.options):
            raise ValueError("options must differ within their first 20 characters, which is what a chart shows")
        return self


class Segment(Table):
    """Part of a pulse's audience, with results of its own. A person in several segments counts in the first."""

    name: Name = Field(description="Name shown with its results")
    channels: tuple[ChannelId, ...] = Field(default=(), description="Ids of channels whose members are asked")
    people: tuple[TeamId, ...] = Field(default=(), description="Ids of people and user groups who are asked")
    module: str = Field(default="", max_length=75, description="The module they work with")
    process: str = Field(default="", max_length=75, description="The business process they work in")

    @property
    def label(self) -> str:
        scope = ", ".join(filter(None, (self.module, self.process)))
        return f"{self.name} ({scope})" if scope else self.name


class Pulse(Table):
    """A survey of a few questions. An empty title and empty questions are taken from its template."""

    name: ShortName = Field(description="Short name, as in `/hypercare pulse now weekly`")
    template: PulseTemplate = Field(
        default=PulseTemplate.WEEKLY, description="Ready-made title and questions, used where you give none"
    )
    title: str = Field(default="", max_length=60, description="Title of the message")
    intro: str = Field(default="", max_length=500, description="A sentence before the first question")
    questions: Annotated[tuple[Question, ...], EachOnce] = Field(
        default=(), max_length=MAX_QUESTIONS, description="Your own questions"
    )
    segments: tuple[Segment, ...] = Field(
        default=(), max_length=20, description="Who is asked; without any, the members of the intake channels"
    )
    occasion: Occasion = Field(
        default=Occasion.HAND,
        description="`schedule`, at the `end` of the phase, when a ticket was `resolved`, or by `hand`",
    )
    days: Rule = Field(default="FREQ=WEEKLY;BYDAY=TU", description="The days of a schedule, as an RFC 5545 rule")
    at: TimeOfDay = Field(default="10:00", description="Time of day, in each person's time zone")
    open_days: int = Field(default=4, ge=1, le=28, description="How many days people can answer")
    sample: float = Field(default=1.0, gt=0, le=1, description="The share of the audience that is asked each time")
    anonymous: bool = Field(default=True, description="Whether answers are anonymous")
    threshold: int = Field(
        default=MIN_GROUP_SIZE,
        ge=3,
        le=50,
        description="Results of fewer people are not shown, nor figures that reveal them",
    )
    comments: int = Field(
        default=MIN_GROUP_SIZE, ge=3, le=50, description="Comments are shown only when this many people wrote one"
    )
    readers: Readers = Field(
        default=Readers.EVERYONE, description="Who sees results; for `everyone` they are posted in the digest channel"
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.occasion == Occasion.RESOLVED and self.anonymous:
            raise ValueError("the reporter of a resolved ticket is known, so set `anonymous = false`")
        if self.questions and (self.questions[0].kind.is_text or self.questions[0].when_low):
            raise ValueError("the first question is answered with one tap, so it must ask for a number or a choice")
        return self


class PulseSettings(Table):
    """What people are asked regularly."""

    pulses: Annotated[tuple[Pulse, ...], EachOnce] = Field(
        default=(), max_length=10, description="What people are asked, and when"
    )
    budget: int = Field(
        default=4, ge=1, le=60, description="How often a person is asked within four weeks, by all pulses together"
    )
