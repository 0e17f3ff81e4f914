"""A pulse: what is asked of whom and when; what counts as a low answer; and the ones that are ready to use."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.pulse.settings import Pulse, PulseTemplate, Question, QuestionKind

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


@dataclass(frozen=True, slots=True)
class AnswerComment:
    """What somebody wrote; `about` is whom it praises, if anybody."""

    question: str
    words: str
    about: str = ""


def with_template_defaults(pulse: Pulse) -> Pulse:
    """With what its template says where it says nothing itself."""
    usual = TEMPLATES[pulse.template]
    given = {"title": pulse.title or usual.title, "questions": pulse.questions or usual.questions}
    return pulse.model_copy(update=given)


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

TEMPLATES: Mapping[PulseTemplate, Pulse] = {
    PulseTemplate.WEEKLY: Pulse(
        name="weekly",
        title="Weekly pulse",
        questions=(SATISFACTION_QUESTION, EASE_QUESTION, NEEDS_QUESTION, REASON_QUESTION, OTHER_QUESTION),
    ),
    PulseTemplate.END: Pulse(
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
    PulseTemplate.RESOLVED: Pulse(
        name="resolved",
        title="Was it solved well?",
        questions=(RESOLUTION_QUESTION, EFFORT_QUESTION, REASON_QUESTION, PRAISE_QUESTION),
    ),
}
