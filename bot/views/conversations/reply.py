"""The form of an answer: to the reporter or to everybody whom it concerns, from a macro, with news promised next."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.form import Values
from bot.views.inputs import ChoiceInput, DateTimeInput, FormField, TextInput
from bot.views.text import Block, section
from domain.conversations.settings import Macro
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket

CALLBACK, MACRO, EVERYBODY = "reply", "macro", "everybody"


def reply_form(ticket: Ticket, phase: Phase, others: int, values: Values | None = None, filled: int = 0) -> Block:
    """`others` are whom it concerns besides the reporter. `filled` counts how often a macro filled in the text.

    Slack keeps what stands in a field of the same id, so that a text which is filled in anew needs another one.
    """
    carried = {"ticket": ticket.id, "filled": filled}
    fields = _fields(phase.conversations.macros, others, filled)
    return form.modal(
        CALLBACK, "Answer", fields, values=values, submit="Send", metadata=carried,
        before=[section(f"*{ticket.name}* · Goes where its reporter reads it.")],
    )  # fmt: skip


def read_reply(view: Mapping[str, Any]) -> Values:
    """`text`, `everybody` and `by`; form.Invalid with every complaint."""
    filled = _filled(view)
    values = form.read(view, _fields((), 1, filled))
    if _text(filled) not in values:
        raise form.InvalidForm({_text(filled): "Please open this form again."})
    return {"text": values[_text(filled)], "everybody": values.get("to") == EVERYBODY, "by": values.get("by")}


def draft(view: Mapping[str, Any], macros: Sequence[Macro]) -> tuple[Values, Macro | None, int]:
    """What stands in the form, the macro that was chosen, and how often one was before."""
    filled = _filled(view)
    values = form.draft(view, _fields(macros, 1, filled))
    chosen = next((macro for macro in macros if macro.name == values.get(MACRO)), None)
    return {**values, "text": values.get(_text(filled), "")}, chosen, filled


def with_text(values: Values, text: str, filled: int) -> Values:
    """The same with another text in it."""
    return {**values, _text(filled): text}


def _fields(macros: Sequence[Macro], others: int, filled: int) -> list[FormField]:
    chosen = ChoiceInput(id=MACRO, label="Start from", told=True, options=tuple((m.name, m.name, "") for m in macros))
    count = "one more person" if others == 1 else f"{others} more people"
    options = (("reporter", "The reporter", ""), (EVERYBODY, "Everybody whom it concerns", f"The reporter and {count}"))
    to = ChoiceInput(id="to", label="To", options=options, hint="The reporter, if left open")
    return [
        *([chosen] if macros else []),
        TextInput(id=_text(filled), label="Your answer", required=True, error="Please write something."),
        *([to] if others else []),
        DateTimeInput(id="by", label="The next news is promised by"),
    ]


def _text(filled: int) -> str:
    return f"text_{filled}" if filled else "text"


def _filled(view: Mapping[str, Any]) -> int:
    found = form.metadata(view).get("filled")
    return found if type(found) is int and 0 <= found < 1000 else 0
