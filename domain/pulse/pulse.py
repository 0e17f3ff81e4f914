"""A pulse: what is asked of whom and when; what counts as a low answer; and the ones that are ready to use."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.statistics.disclosure import MIN_GROUP_SIZE


class QuestionKind(StrEnum):
    """What a question asks for."""

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
        """The numbers that can be answered; none where words are asked for."""
        return SCALES.get(self, range(0))

    @property
    def ends(self) -> tuple[str, str]:
        """What the lowest and the highest number mean."""
        return SCALE_END_LABELS[self]

    @property
    def is_words(self) -> bool:
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
}  # and below
MIN_GOOD_ANSWER = {
    QuestionKind.SATISFACTION: 4,
    QuestionKind.EASE: 5,
    QuestionKind.NEEDS: 5,
    QuestionKind.EFFORT: 5,
}  # and above
MIN_PROMOTER, MAX_DETRACTOR = 9, 6
Answers = Mapping[str, int | str]  # by question: a number, or what was chosen


class Occasion(StrEnum):
    """When a wave begins."""

    SCHEDULE = "schedule"
    END = "end"  # of the phase, on the day it is planned to end
    RESOLVED = "resolved"  # whoever reported something that was resolved is asked
    HAND = "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`when_low`: it is only asked of somebody who gave a low answer before it."""

    id: str
    kind: QuestionKind
    text: str
    options: tuple[str, ...] = ()
    required: bool = False
    when_low: bool = False


@dataclass(frozen=True, slots=True)
class AnswerComment:
    """What somebody wrote; `about` is whom it praises, if anybody."""

    question: str
    words: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Part of an audience, and what its results are shown under. Somebody in several of them is in the first."""

    name: str
    channels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()  # and user groups
    module: str = ""
    process: str = ""

    @property
    def label(self) -> str:
        about = ", ".join(filter(None, (self.module, self.process)))
        return f"{self.name} ({about})" if about else self.name


class Readers(StrEnum):
    """Who sees results."""

    LEADS = "leads"
    RESPONDERS = "responders"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """`sample` is the share of its audience that a wave asks; without segments whoever is in the intake channels.

    What is empty is as in its template.
    """

    name: str
    template: str = "weekly"
    title: str = ""
    questions: tuple[Question, ...] = ()
    intro: str = ""
    segments: tuple[Segment, ...] = ()
    occasion: Occasion = Occasion.HAND
    days: str = "FREQ=WEEKLY;BYDAY=TU"  # of a schedule, an RFC 5545 rule
    at: str = "10:00"  # where each person is
    open_days: int = 4
    sample: float = 1.0
    anonymous: bool = True
    threshold: int = MIN_GROUP_SIZE
    comments: int = MIN_GROUP_SIZE  # so many have to have written before anything of it is shown
    readers: Readers = Readers.EVERYONE


def with_template_defaults(pulse: Pulse) -> Pulse:
    """With what its template says where it says nothing itself."""
    usual = TEMPLATES[pulse.template]
    return replace(pulse, title=pulse.title or usual.title, questions=pulse.questions or usual.questions)


def is_low(question: Question, value: object) -> bool:
    """Whether somebody who answers so needs help."""
    return isinstance(value, int) and question.kind in MAX_LOW_ANSWER and value <= MAX_LOW_ANSWER[question.kind]


def low_answers(pulse: Pulse, answers: Answers) -> list[Question]:
    return [q for q in pulse.questions if is_low(q, answers.get(q.id))]


def questions_for(pulse: Pulse, answers: Answers) -> list[Question]:
    """The questions that somebody with these answers is asked: what follows a low one only after it."""
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
REASON_QUESTION = Question(id="why", kind=QuestionKind.TEXT, text="What would have to be different?", when_low=True)
OTHER_QUESTION = Question(id="else", kind=QuestionKind.TEXT, text="Is there anything else we should know?")
PRAISE_QUESTION = Question(
    id="praise", kind=QuestionKind.PRAISE, text="Did somebody help you especially? They will hear of it."
)
RESOLUTION_QUESTION = Question(
    id="satisfaction", kind=QuestionKind.SATISFACTION, text="How satisfied are you with how your problem was solved?"
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
        title="Was it solved well?",
        questions=(RESOLUTION_QUESTION, EFFORT_QUESTION, REASON_QUESTION, PRAISE_QUESTION),
    ),
}
