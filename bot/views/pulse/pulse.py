"""What people see of a pulse survey: the invitation with its first question, the form, and the offer of help."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField, PersonInput, TextInput
from bot.views.text import Block, actions, button, context, message, quote, section, when
from domain.phases.phase import Phase
from domain.pulse.pulse import AnswerComment, Answers, low_answers, questions_for
from domain.pulse.settings import Pulse, Question, QuestionKind
from domain.pulse.wave import Wave
from domain.text import plural
from domain.tickets.ticket import Report, Severity

Message = dict[str, Any]
FORM = "pulse_form"
PRAISED_SUFFIX = "_who"  # after a question's id: the input for the praised person
QUESTION_PREFIX = "pulse_q:"  # before a question's id, so that one handler gets the changes of all of them
ANONYMOUS_NOTE = "Your answers are anonymous. `/hypercare pulse privacy` explains how."
PRIVACY = """*How anonymous answers are protected*
• The database shows who was asked and when, and who got a reminder because they hadn't answered yet.
• Scores and comments are stored separately, without a name or a time. While the survey is open, they are stored under \
a code that only this bot can derive from your id, so that you can change your answers. The code is deleted at closing.
• Results of small groups are not shown, nor anything that would reveal them. Comments appear later, in random order.
• What you write can identify you. Opening a ticket shows your name. Talking anonymously doesn't.
• Slack delivers your answers, and keeps your direct messages with this bot like any others."""
NAMED_NOTE = "This survey is not anonymous. Your name is stored with your answers."

# The buttons of its messages, which end with the wave.
QUESTIONS = ("pulse_tap", "pulse_open", "pulse_ticket", "pulse_talk", "pulse_count")


def too_few(wave: Wave, phase: Phase, count: int) -> Message:
    """Tell the leads that a wave did not start because its audience is too small."""
    return message(
        plural(
            count,
            "{title} for {phase} was not sent. Only {count} person can be asked, and an anonymous pulse needs {least}. "
            "Add people, or turn anonymity off with `/hypercare pulse edit {name}`.",
            "{title} for {phase} was not sent. Only {count} people can be asked, and an anonymous pulse needs {least}. "
            "Add people, or turn anonymity off with `/hypercare pulse edit {name}`.",
            title=wave.pulse.title,
            phase=phase.name,
            least=wave.pulse.threshold,
            name=wave.pulse.name,
        )
    )


def audience_unknown(wave: Wave) -> Message:
    """Tell the leads that a wave ended without having started."""
    return message(
        f"{wave.pulse.title} was not sent, because Slack did not return the list of members. "
        "Ask an operator to run `hypercare doctor`."
    )


def channels_unreadable(wave: Wave, phase: Phase, channels: Sequence[str]) -> Message:
    """Tell the leads which channels of the audience could not be read."""
    names = ", ".join(f"<#{channel}>" for channel in channels)
    return message(
        f"{wave.pulse.title} for {phase.name} was not sent to the members of {names}, because I can't see them. "
        "Invite me to include them next time."
    )


def invitation(wave: Wave, phase: Phase) -> Message:
    """The message with the first question, which one tap answers."""
    pulse = wave.pulse
    first = pulse.questions[0]
    text = f"{pulse.title} for {phase.name}: {first.text}"
    intro = [section(quote(pulse.intro, 600))] if pulse.intro else []
    return message(text, [section(f"*{quote(pulse.title)}* · {quote(phase.name)}"), *intro,
                          section(quote(first.text)), _scale(wave, first), _small_print(wave)])  # fmt: skip


def reminder(wave: Wave, phase: Phase) -> Message:
    """The reminder in the thread of the invitation."""
    text = f"{wave.pulse.title} for {phase.name} is open until {when(wave.closes_at)}. Answer with one tap."
    return message(text, [section(text), _scale(wave, wave.pulse.questions[0])])


def over(wave: Wave, phase: Phase) -> Message:
    """What an invitation or a reminder says once the wave is closed, whether or not the person answered."""
    return message(f"{quote(wave.pulse.title)} for {quote(phase.name)} is closed. Thank you if you answered.")


def answered(wave: Wave, given: Answers) -> Message:
    """The invitation after a tap."""
    first = wave.pulse.questions[0]
    text = f"Thank you. You answered “{quote(first.text, 150)}” with *{quote(str(given.get(first.id, '')))}*."
    more = button("More questions", "pulse_open", str(wave.id))
    blocks = [section(text), actions(more), _small_print(wave)]
    if low_answers(wave.pulse, given):
        blocks[1:1] = _offers(wave)
    return message(text, blocks)


def help_offered(wave: Wave, given: Answers) -> Block:
    """The view after the form: thanks, and an offer of help after a low answer."""
    thanks = f"Thank you, your answers are saved. You can change them until {when(wave.closes_at)}."
    low = _offers(wave) if low_answers(wave.pulse, given) else []
    return {**form.notice("Saved", thanks), "blocks": [section(thanks), *low]}


def _offers(wave: Wave) -> list[Block]:
    ask = section("Sorry to hear that. Would you like help with it?")
    return [ask, actions(button("Open ticket", "pulse_ticket", str(wave.id)),
                         button("Talk anonymously", "pulse_talk", str(wave.id)),
                         button("No, thanks", "pulse_count", str(wave.id)))]  # fmt: skip


def _small_print(wave: Wave) -> Block:
    return context(f"Open until {when(wave.closes_at)}. {ANONYMOUS_NOTE if wave.pulse.anonymous else NAMED_NOTE}")


def _scale(wave: Wave, question: Question) -> Block:
    return actions(*(_tap(wave, question, value) for value in values_of(question)))


def _tap(wave: Wave, question: Question, value: int | str) -> Block:
    made = button(_label(question, value), f"pulse_tap:{value}"[:255], f"{wave.id}:{question.id}:{value}")
    scale = question.kind.scale
    spoken = f"{value} of {scale[-1]}: {question.text}" if scale else f"{value}: {question.text}"
    return {**made, "accessibility_label": spoken[:75]}


def values_of(question: Question) -> Sequence[int | str]:
    """Return the possible answers to a question."""
    return question.options if question.kind is QuestionKind.CHOICE else question.kind.scale


def _label(question: Question, value: int | str) -> str:
    """The label of a value; the lowest and the highest say what they mean."""
    scale = question.kind.scale
    if not scale:
        return str(value)
    low, high = question.kind.end_labels
    return f"{value} {low}" if value == scale[0] else f"{value} {high}" if value == scale[-1] else str(value)


def response_form(wave: Wave, answers: Answers, comments: Mapping[str, AnswerComment]) -> Block:
    """The form with the questions for a person with these answers."""
    values: dict[str, Any] = {QUESTION_PREFIX + question: str(value) for question, value in answers.items()}
    for question, comment in comments.items():
        values |= {QUESTION_PREFIX + question: comment.text,
                   QUESTION_PREFIX + question + PRAISED_SUFFIX: comment.praised}  # fmt: skip
    fields = _fields(wave.pulse, answers)
    return form.modal(FORM, wave.pulse.title, fields, values=values, submit="Send", metadata={"wave": wave.id},
                      after=[_small_print(wave)])  # fmt: skip


def read_response(view: Mapping[str, Any], pulse: Pulse) -> tuple[Answers, Mapping[str, AnswerComment]]:
    """Return the answers and the comments of a submitted form."""
    values = form.read(view, _fields(pulse, None))
    return _answers(pulse, values), _comments(pulse, values)


def read_draft(view: Mapping[str, Any], pulse: Pulse) -> tuple[Answers, Mapping[str, AnswerComment]]:
    """The same of a form that is not submitted yet, without validation."""
    values = form.draft(view, _fields(pulse, None))
    return _answers(pulse, values), _comments(pulse, values)


def wave_of(view: Mapping[str, Any]) -> int:
    """The id of the form's wave; 0 if it has none."""
    claimed = form.metadata(view).get("wave")
    return claimed if isinstance(claimed, int) else 0


def _answers(pulse: Pulse, values: Mapping[str, Any]) -> Answers:
    found: dict[str, int | str] = {}
    for question in pulse.questions:
        value = values.get(QUESTION_PREFIX + question.id)
        if value and not question.kind.is_text:
            found[question.id] = int(value) if question.kind.scale else str(value)
    return found


def _comments(pulse: Pulse, values: Mapping[str, Any]) -> Mapping[str, AnswerComment]:
    found = {}
    for question in pulse.questions:
        value = values.get(QUESTION_PREFIX + question.id)
        if value and question.kind.is_text:
            found[question.id] = AnswerComment(
                question.id, str(value), str(values.get(QUESTION_PREFIX + question.id + PRAISED_SUFFIX) or "")
            )
    return found


def _fields(pulse: Pulse, answers: Answers | None) -> list[FormField]:
    """The fields for a person with these answers, or of all questions."""
    questions = pulse.questions if answers is None else questions_for(pulse, answers)
    return [made for question in questions for made in _inputs(question)]


def _inputs(question: Question) -> list[FormField]:
    id_, label = QUESTION_PREFIX + question.id, question.text
    if question.kind is QuestionKind.TEXT:
        return [TextInput(id=id_, label=label, required=question.required, limit=2000)]
    if question.kind is QuestionKind.PRAISE:
        return [PersonInput(id=id_ + PRAISED_SUFFIX, label=label),
                TextInput(id=id_, label="What did they do?", required=question.required, limit=1000)]  # fmt: skip
    options = tuple((str(value), _label(question, value), "") for value in values_of(question))
    return [ChoiceInput(id=id_, label=label, required=question.required, options=options, dispatches=True)]


SUMMARY = TextInput(id="summary", label="What's wrong?", required=True, limit=150, multiline=False)
HAPPENED = TextInput(id="happened", label="What happened?", limit=2000)
SEVERITY = ChoiceInput(id="severity", label="How severe is it?", required=True,
                  options=tuple((s.value, s.value.capitalize(), "") for s in Severity))  # fmt: skip
TICKET, TALK = "pulse_ticket", "pulse_talk"
ANONYMOUS_TICKET_NOTE = """The team won't learn who you are. Your message becomes a ticket in a few hours, at a random \
time. You'll get updates and can reply in your direct messages with this bot. Your identity is encrypted. It is \
used only to send you those messages, and deleted when the phase ends."""


def ticket_form(wave: Wave) -> Block:
    """The form for a ticket in the person's name after a low answer."""
    return _help_form(TICKET, "Open a ticket", wave, "Your name is on the ticket. Your survey answers are not.")


def talk_form(wave: Wave) -> Block:
    """The form for an anonymous ticket after a low answer."""
    return _help_form(TALK, "Talk anonymously", wave, ANONYMOUS_TICKET_NOTE)


def _help_form(callback: str, title: str, wave: Wave, note: str) -> Block:
    fields = [SUMMARY, HAPPENED, SEVERITY]
    values = {"severity": Severity.MEDIUM.value}
    return form.modal(callback, title, fields, values=values, submit="Send", metadata={"wave": wave.id},
                      after=[context(note)])  # fmt: skip


def read_ticket(view: Mapping[str, Any]) -> Report:
    """Return the report of either form."""
    values = form.read(view, [SUMMARY, HAPPENED, SEVERITY])
    return Report(summary=values["summary"], happened=values.get("happened", ""), severity=Severity(values["severity"]))


def praise(words: str, wave: Wave, phase: Phase) -> Message:
    """The message to a praised person, without the author's name."""
    text = f"A colleague thanked you in {wave.pulse.title} for {phase.name}:"
    return message(text, [section(text), {"type": "rich_text", "elements": [
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": words}]}]}])  # fmt: skip
