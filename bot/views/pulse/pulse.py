"""A pulse as people meet it: the message with its first question, the form with all of them, and help after it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField, PersonInput, TextInput
from bot.views.text import Block, actions, button, context, message, quote, section, when
from domain.phases.phase import Phase
from domain.pulse.pulse import AnswerComment, Answers, low_answers, questions_for
from domain.pulse.settings import Pulse, Question, QuestionKind
from domain.pulse.wave import Wave
from domain.tickets.ticket import Report, Severity

Message = dict[str, Any]
FORM, HELP = "pulse_form", "pulse_help"
WHO = "_who"  # behind a question's id: whom it praises
MARK = "pulse_q:"  # before a question's id, so that every one of them is told to one handler
UNNAMED = "Nobody learns who answered what; `/hypercare pulse privacy` says how."
PRIVACY = """*What is known of an anonymous answer*
• It is known who was asked and when, and who was reminded since they had not answered by then.
• Numbers and words are kept apart from each other, without a name and without a time. While a wave is open they stand \
under a code that only this bot can make of you, so that you can change your answer; it is thrown away when it closes.
• Nothing is shown of few people, nor anything that would give them away. Words are shown hours later, in no order.
• What you write may give you away by itself. Who opens a ticket is known; who talks anonymously is not.
• Slack delivers your answer, and keeps your direct messages with this bot as it keeps all others."""
NAMED = "This one is not anonymous: your name is kept beside your answers."


def too_few(wave: Wave, phase: Phase, count: int) -> Message:
    """To the leads, instead of a wave."""
    least = wave.pulse.threshold
    why = f"{count} are in its audience, and nobody is anonymous among fewer than {least}"
    advice = "Ask more people, or let names stand beside answers."
    return message(f"{wave.pulse.title} of {phase.name} asks nobody: {why}. {advice}")


def nobody_known(wave: Wave) -> Message:
    """To the leads, at the end of a wave that never began."""
    return message(f"{wave.pulse.title} asked nobody: Slack did not tell me who is here. `hypercare doctor` says why.")


def unread(wave: Wave, phase: Phase, channels: Sequence[str]) -> Message:
    """To the leads: part of the audience is not known."""
    named = ", ".join(f"<#{channel}>" for channel in channels)
    why = "Slack does not tell me who they are. Please invite me there."
    return message(f"{wave.pulse.title} of {phase.name} does not ask the members of {named}: {why}")


def invitation(wave: Wave, phase: Phase) -> Message:
    """Answered by one tap."""
    pulse = wave.pulse
    first = pulse.questions[0]
    text = f"{pulse.title} for {phase.name}: {first.text}"
    intro = [section(quote(pulse.intro, 600))] if pulse.intro else []
    return message(text, [section(f"*{quote(pulse.title)}* · {quote(phase.name)}"), *intro,
                          section(quote(first.text)), _scale(wave, first), _small_print(wave)])  # fmt: skip


def reminder(wave: Wave, phase: Phase) -> Message:
    """Under the invitation, for those who have not answered."""
    text = f"{wave.pulse.title} for {phase.name} is open until {when(wave.closes_at)}. One tap is enough."
    return message(text, [section(text), _scale(wave, wave.pulse.questions[0])])


def answered(wave: Wave, given: Answers) -> Message:
    """Instead of the invitation, for the one who tapped."""
    first = wave.pulse.questions[0]
    said = f"Thank you. You answered “{quote(first.text, 150)}” with *{quote(str(given.get(first.id, '')))}*."
    more = button("See all questions", "pulse_open", str(wave.id))
    blocks = [section(said), actions(more), _small_print(wave)]
    if low_answers(wave.pulse, given):
        blocks[1:1] = _offers(wave)
    return message(said, blocks)


def help_offered(wave: Wave, given: Answers) -> Block:
    """After the form: thanks, and help where an answer was low."""
    thanks = "Thank you, it is saved. You can change it until the pulse closes."
    low = _offers(wave) if low_answers(wave.pulse, given) else []
    return {**form.notice("Saved", thanks), "blocks": [section(thanks), *low]}


def _offers(wave: Wave) -> list[Block]:
    ask = section("That does not sound good. Would you like somebody to look at it?")
    return [ask, actions(button("Open a ticket in my name", "pulse_ticket", str(wave.id)),
                         button("Talk anonymously", "pulse_talk", str(wave.id)),
                         button("Just count it", "pulse_count", str(wave.id)))]  # fmt: skip


def _small_print(wave: Wave) -> Block:
    return context(f"Open until {when(wave.closes_at)}. {UNNAMED if wave.pulse.anonymous else NAMED}")


def _scale(wave: Wave, question: Question) -> Block:
    return actions(*(_tap(wave, question, value) for value in values_of(question)))


def _tap(wave: Wave, question: Question, value: int | str) -> Block:
    made = button(_label(question, value), f"pulse_tap:{value}"[:255], f"{wave.id}:{question.id}:{value}")
    scale = question.kind.scale
    spoken = f"{value} of {scale[-1]}: {question.text}" if scale else f"{value}: {question.text}"
    return {**made, "accessibility_label": spoken[:75]}


def values_of(question: Question) -> Sequence[int | str]:
    return question.options if question.kind is QuestionKind.CHOICE else question.kind.scale


def _label(question: Question, value: int | str) -> str:
    """The ends say what they mean."""
    scale = question.kind.scale
    if not scale:
        return str(value)
    low, high = question.kind.end_labels
    return f"{value} {low}" if value == scale[0] else f"{value} {high}" if value == scale[-1] else str(value)


def sheet(wave: Wave, given: Answers, words: Mapping[str, AnswerComment]) -> Block:
    """The form with everything that somebody with these answers is asked."""
    values: dict[str, Any] = {MARK + question: str(value) for question, value in given.items()}
    for question, remark in words.items():
        values |= {MARK + question: remark.text, MARK + question + WHO: remark.praised}
    fields = _fields(wave.pulse, given)
    return form.modal(FORM, wave.pulse.title, fields, values=values, submit="Send", metadata={"wave": wave.id},
                      after=[_small_print(wave)])  # fmt: skip


def read_sheet(view: Mapping[str, Any], pulse: Pulse) -> tuple[Answers, Mapping[str, AnswerComment]]:
    """The numbers, and the words."""
    every = _fields(pulse, None)
    values = form.read(view, every)
    return _numbers(pulse, values), _words(pulse, values)


def read_so_far(view: Mapping[str, Any], pulse: Pulse) -> tuple[Answers, Mapping[str, AnswerComment]]:
    """The same of a form that is not sent yet; nothing is complained about."""
    values = form.draft(view, _fields(pulse, None))
    return _numbers(pulse, values), _words(pulse, values)


def wave_of(view: Mapping[str, Any]) -> int:
    """The wave that a form is about; 0 when it does not say."""
    claimed = form.metadata(view).get("wave")
    return claimed if isinstance(claimed, int) else 0


def _numbers(pulse: Pulse, values: Mapping[str, Any]) -> Answers:
    found: dict[str, int | str] = {}
    for question in pulse.questions:
        value = values.get(MARK + question.id)
        if value and not question.kind.is_text:
            found[question.id] = int(value) if question.kind.scale else str(value)
    return found


def _words(pulse: Pulse, values: Mapping[str, Any]) -> Mapping[str, AnswerComment]:
    found = {}
    for question in pulse.questions:
        value = values.get(MARK + question.id)
        if value and question.kind.is_text:
            found[question.id] = AnswerComment(question.id, str(value), str(values.get(MARK + question.id + WHO) or ""))
    return found


def _fields(pulse: Pulse, given: Answers | None) -> list[FormField]:
    """Those of the questions that somebody with these answers is asked; of all of them without any."""
    questions = pulse.questions if given is None else questions_for(pulse, given)
    return [made for question in questions for made in _inputs(question)]


def _inputs(question: Question) -> list[FormField]:
    id_, label = MARK + question.id, question.text
    if question.kind is QuestionKind.TEXT:
        return [TextInput(id=id_, label=label, required=question.required, limit=2000)]
    if question.kind is QuestionKind.PRAISE:
        return [PersonInput(id=id_ + WHO, label=label),
                TextInput(id=id_, label="What did they do?", required=question.required, limit=1000)]  # fmt: skip
    options = tuple((str(value), _label(question, value), "") for value in values_of(question))
    return [ChoiceInput(id=id_, label=label, required=question.required, options=options, told=True)]


SUMMARY = TextInput(id="summary", label="What is wrong?", required=True, limit=150, multiline=False)
HAPPENED = TextInput(id="happened", label="What happened?", limit=2000)
SEVERITY = ChoiceInput(id="severity", label="How bad is it?", required=True,
                  options=tuple((s.value, s.value.capitalize(), "") for s in Severity))  # fmt: skip
TICKET, TALK = "pulse_ticket", "pulse_talk"
SEALED = """Nobody learns who you are. It becomes a ticket some hours from now, at a time that says nothing of when \
you wrote; you hear of it, and answer, in your direct messages with this bot. Who you are is sealed: only this bot \
opens it, to send you those messages, and the seal is destroyed when the phase is over."""


def ticket_form(wave: Wave) -> Block:
    """A ticket about what was answered low, in their name."""
    return _about(TICKET, "Open a ticket", wave, "Your name stands in it. Your answers do not.")


def talk_form(wave: Wave) -> Block:
    """The same without anybody knowing who it is."""
    return _about(TALK, "Talk anonymously", wave, SEALED)


def _about(callback: str, title: str, wave: Wave, note: str) -> Block:
    fields = [SUMMARY, HAPPENED, SEVERITY]
    values = {"severity": Severity.MEDIUM.value}
    return form.modal(callback, title, fields, values=values, submit="Send", metadata={"wave": wave.id},
                      after=[context(note)])  # fmt: skip


def read_ticket(view: Mapping[str, Any]) -> Report:
    values = form.read(view, [SUMMARY, HAPPENED, SEVERITY])
    return Report(summary=values["summary"], happened=values.get("happened", ""), severity=Severity(values["severity"]))


def praise(words: str, wave: Wave, phase: Phase) -> Message:
    """For whom it is about; from whom it is nobody says."""
    text = f"Somebody praised you in {wave.pulse.title} for {phase.name}."
    return message(text, [section(text), {"type": "rich_text", "elements": [
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": words}]}]}])  # fmt: skip
