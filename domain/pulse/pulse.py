"""Pulse surveys: their questions and settings, which answers are low, and the templates."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.pulse.settings import Pulse, PulseTemplate, Question, QuestionKind

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


@dataclass(frozen=True, slots=True)
class AnswerComment:
    """A text that was written as an answer; `praised` is the id of the person it praises, if any."""

    question: str
    text: str
    praised: str = ""


def with_template_defaults(pulse: Pulse) -> Pulse:
    """The pulse with its empty title and questions taken from its template."""
    template = TEMPLATES[pulse.template]
    given = {
        "title": pulse.title or template.title,
        "intro": pulse.intro or template.intro,
        "questions": pulse.questions or template.questions,
    }
    return pulse.model_copy(update=given)


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
AGAIN_QUESTION = Question(
    id="again", kind=QuestionKind.CHOICE, text="Would you do the next go-live in the same way?",
    options=("Yes", "Yes, with changes", "No"),
)  # fmt: skip
REVIEW_QUESTIONS = tuple(
    Question(id=id_, kind=QuestionKind.TEXT, text=text)
    for id_, text in (
        ("went_well", "What went well?"),
        ("went_wrong", "What went wrong?"),
        ("learned", "What did you learn?"),
    )
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
        title="How was your ticket solved?",
        questions=(RESOLUTION_QUESTION, EFFORT_QUESTION, REASON_QUESTION, PRAISE_QUESTION),
    ),
    PulseTemplate.REVIEW: Pulse(
        name="review",
        title="Post-mortem",
        intro="What you write may be in the post-mortem, without your name, if enough people write.",
        questions=(AGAIN_QUESTION, *REVIEW_QUESTIONS),
    ),
}
