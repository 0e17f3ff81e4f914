"""Pulse surveys: their questions and settings, which answers are low, and the templates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.statistics.disclosure import MIN_GROUP_SIZE


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
MAX_LOW_ANSWER = {
    QuestionKind.SATISFACTION: 2,
    QuestionKind.NPS: 6,
    QuestionKind.EASE: 3,
    QuestionKind.NEEDS: 3,
    QuestionKind.EFFORT: 3,
}  # the highest number that is a low answer
MIN_GOOD_ANSWER = {
    QuestionKind.SATISFACTION: 4,
    QuestionKind.EASE: 5,
    QuestionKind.NEEDS: 5,
    QuestionKind.EFFORT: 5,
}  # the lowest number that counts as satisfied or as agreement
MIN_PROMOTER, MAX_DETRACTOR = 9, 6
Answers = Mapping[str, int | str]  # by question id: a number, or the chosen option


class Occasion(StrEnum):
    """What starts a wave."""

    SCHEDULE = "schedule"
    END = "end"  # the planned end of the phase
    RESOLVED = "resolved"  # a ticket was resolved; its reporter is asked
    HAND = "hand"  # a lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question; with `when_low` it is asked only after a low answer to an earlier one."""

    id: str
    kind: QuestionKind
    text: str
    options: tuple[str, ...] = ()
    required: bool = False
    when_low: bool = False


@dataclass(frozen=True, slots=True)
class AnswerComment:
    """A text that was written as an answer; `praised` is the id of the person it praises, if any."""

    question: str
    text: str
    praised: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of the audience with results of its own. A person in several segments belongs to the first."""

    name: str
    channels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()  # ids of people and user groups
    module: str = ""
    process: str = ""

    @property
    def label(self) -> str:
        scope = ", ".join(filter(None, (self.module, self.process)))
        return f"{self.name} ({scope})" if scope else self.name


class Readers(StrEnum):
    """Who may see the results."""

    LEADS = "leads"
    RESPONDERS = "responders"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A pulse survey of a phase. `sample` is the share (0 to 1) of the audience that each wave asks.

    Without segments the audience is the members of the intake channels. Empty fields come from the template.
    """

    name: str
    template: str = "weekly"
    title: str = ""
    questions: tuple[Question, ...] = ()
    intro: str = ""
    segments: tuple[Segment, ...] = ()
    occasion: Occasion = Occasion.HAND
    days: str = "FREQ=WEEKLY;BYDAY=TU"  # of the schedule, an RFC 5545 rule
    at: str = "10:00"  # in each person's time zone
    open_days: int = 4
    sample: float = 1.0
    anonymous: bool = True
    threshold: int = MIN_GROUP_SIZE
    comments: int = MIN_GROUP_SIZE  # the number of people who must have written before comments are shown
    readers: Readers = Readers.EVERYONE


def with_template_defaults(pulse: Pulse) -> Pulse:
    """The pulse with its empty title and questions taken from its template."""
    template = TEMPLATES[pulse.template]
    return replace(pulse, title=pulse.title or template.title, questions=pulse.questions or template.questions)


def is_low(question: Question, value: object) -> bool:
    """Whether a person with this answer is offered help."""
    return isinstance(value, int) and question.kind in MAX_LOW_ANSWER and value <= MAX_LOW_ANSWER[question.kind]


def low_answers(pulse: Pulse, answers: Answers) -> list[Question]:
    """Return the questions with a low answer."""
    return [q for q in pulse.questions if is_low(q, answers.get(q.id))]


def questions_for(pulse: Pulse, answers: Answers) -> list[Question]:
    """Return the questions for a person with these answers; follow-ups only after a low answer."""
    found, low = list[Question](), False
    for question in pulse.questions:
        if not question.when_low or low:
            found.append(question)
        low = low or is_low(question, answers.get(question.id))
    return found


SATISFACTION_QUESTION = Question(
    id="satisfaction", kind=QuestionKind.SATISFACTION, text="How satisfied are you with the system this week?"
)
EASE_QUESTION = Question(id="ease", kind=QuestionKind.EASE, text="The system is easy to use.")
NEEDS_QUESTION = Question(id="needs", kind=QuestionKind.NEEDS, text="The system meets my needs in my daily work.")
NPS_QUESTION = Question(
    id="nps", kind=QuestionKind.NPS, text="How likely are you to recommend the system to a colleague?"
)
REASON_QUESTION = Question(id="why", kind=QuestionKind.TEXT, text="What should we improve?", when_low=True)
OTHER_QUESTION = Question(id="else", kind=QuestionKind.TEXT, text="Is there anything else we should know?")
PRAISE_QUESTION = Question(
    id="praise", kind=QuestionKind.PRAISE, text="Who helped you most? We will pass on your thanks."
)
RESOLUTION_QUESTION = Question(
    id="satisfaction",
    kind=QuestionKind.SATISFACTION,
    text="How satisfied are you with the way your problem was solved?",
)
EFFORT_QUESTION = Question(id="effort", kind=QuestionKind.EFFORT, text="It was easy to get help.")

TEMPLATES: Mapping[str, Pulse] = {
    "weekly": Pulse(
        name="weekly",
        title="Weekly pulse",
        questions=(SATISFACTION_QUESTION, EASE_QUESTION, NEEDS_QUESTION, REASON_QUESTION, OTHER_QUESTION),
    ),
    "end": Pulse(
        name="end",
        title="Looking back",
        questions=(
            SATISFACTION_QUESTION,
            EASE_QUESTION,
            NEEDS_QUESTION,
            NPS_QUESTION,
            REASON_QUESTION,
            PRAISE_QUESTION,
            OTHER_QUESTION,
        ),
    ),
    "resolved": Pulse(
        name="resolved",
        title="How was your ticket solved?",
        questions=(RESOLUTION_QUESTION, EFFORT_QUESTION, REASON_QUESTION, PRAISE_QUESTION),
    ),
}
