"""The stand-up in Slack: the question, the form for the answer, and the minutes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.views import form
from bot.views.inputs import TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, day, message, quote, section, when
from domain.text import plural
from domain.warroom.stand_up import ANSWER_LIMIT, StandUpAnswer

Message = dict[str, Any]
ANSWER = "stand_up"
FIELDS = (
    TextInput(id="done", label="What did you do?", limit=ANSWER_LIMIT),
    TextInput(id="next", label="What do you do next?", limit=ANSWER_LIMIT),
    TextInput(id="blocked", label="What blocks you?", limit=ANSWER_LIMIT),
)
LABELS = {"done": "Done", "next": "Next", "blocked": "Blocked"}


def question(phase: str, on: date, answer_id: int) -> Message:
    """Ask a person for the day."""
    text = f"Stand-up of {quote(phase)}, {day(on)}: what did you do, what's next, and what blocks you?"
    return message(text, [section(text), actions(button("Answer", ANSWER, str(answer_id), style="primary"))])


def answered(phase: str, found: StandUpAnswer) -> Message:
    """Return the question once it is answered; the answer can still be changed."""
    text = f"Your answer to the stand-up of {quote(phase)}, {day(found.day)}, is in its minutes."
    return message(text, [section(text), actions(button("Change answer", ANSWER, str(found.id)))])


def form_for(found: StandUpAnswer) -> dict[str, Any]:
    """Return the form for an answer, with what was said before."""
    values = {"done": found.done, "next": found.next, "blocked": found.blocked}
    return form.modal(ANSWER, "Stand-up", FIELDS, values=values, metadata={"answer": found.id})


def read_form(view: Mapping[str, Any]) -> tuple[int, dict[str, str]]:
    """Return the id of the answer, and what was said in each field."""
    values = form.read_all(view, FIELDS)
    return form.number(view, "answer"), {one.id: str(values.get(one.id, "")) for one in FIELDS}


def minutes(phase: str, on: date, answers: Sequence[StandUpAnswer], missed: Mapping[str, int]) -> Message:
    """Return the minutes of a day: who said what, what blocks people first, and who is missing for how long."""
    there = sorted((one for one in answers if one.answered_at), key=lambda one: not one.blocked)
    title = f"Stand-up of {quote(phase)}, {day(on)}: {len(there)} of {len(answers)} answered"
    blocks = [section(f"*{title}*"), *(_said(one) for one in there)]
    blocks += [context(f"Missing: {', '.join(_missing(*one) for one in sorted(missed.items()))}")] if missed else []
    return message(title, blocks)


def _said(one: StandUpAnswer) -> Block:
    parts = ((LABELS["blocked"], one.blocked), (LABELS["done"], one.done), (LABELS["next"], one.next))
    lines = [f"{label}: {quote(text, 600)}" for label, text in parts if text]
    at = when(one.answered_at) if one.answered_at else ""
    return section("\n".join([f"*{name_of(one.person)}* · {at}", *lines]))


def _missing(person: str, days: int) -> str:
    return plural(days, "{who}", "{who} ({count} days in a row)", who=name_of(person))
