"""The reply form: to the reporter or to all followers, from a macro, with the next update promised."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import blame_hint, form
from bot.views.form import Values
from bot.views.inputs import ChoiceInput, DateTimeInput, FormField, TextInput
from bot.views.text import Block, section
from domain.conversations.settings import Macro
from domain.phases.phase import Phase
from domain.text import plural
from domain.tickets.ticket import Ticket

CALLBACK, MACRO, ALL_FOLLOWERS = "reply", "macro", "all_followers"


def reply_form(
    ticket: Ticket, phase: Phase, others: int, values: Values | None = None, filled: int = 0, blame: str = ""
) -> Block:  # fmt: skip
    """Return the reply form. `others` is the number of other followers, `filled` how often a macro filled in the text.

    `blame` is a sentence of the text that blames a person, about which the writer is told before it is sent.

    Slack keeps the text of a field with the same id, so each text that a macro fills in needs a new id.
    """
    carried = {"ticket": ticket.id, "filled": filled} | blame_hint.carried(phase, hinted=bool(blame))
    notes = {_text(filled): blame_hint.hint(blame, "Send")} if blame else {}
    fields = _fields(phase.conversations.macros, others, filled)
    return form.modal(
        CALLBACK, "Reply", fields, values=values, submit="Send", metadata=carried, notes=notes,
        before=[section(f"*{ticket.name}* · The reporter reads this in their thread.")],
    )  # fmt: skip


def read_reply(view: Mapping[str, Any]) -> Values:
    """Return `text`, `all_followers` and `by`; raises form.InvalidForm with every error."""
    filled = _filled(view)
    values = form.read(view, _fields((), 1, filled))
    if _text(filled) not in values:
        raise form.InvalidForm({_text(filled): form.OUTDATED})
    return {"text": values[_text(filled)], "all_followers": values.get("to") == ALL_FOLLOWERS, "by": values.get("by")}


def draft(view: Mapping[str, Any], macros: Sequence[Macro]) -> tuple[Values, Macro | None, int]:
    """Return the values so far, the chosen macro, and how often a macro was chosen before."""
    filled = _filled(view)
    values = form.draft(view, _fields(macros, 1, filled))
    chosen = next((macro for macro in macros if macro.name == values.get(MACRO)), None)
    return {**values, "text": values.get(_text(filled), "")}, chosen, filled


def with_text(values: Values, text: str, filled: int) -> Values:
    """Return the values with another text."""
    return {**values, _text(filled): text}


def _fields(macros: Sequence[Macro], others: int, filled: int) -> list[FormField]:
    chosen = ChoiceInput(id=MACRO, label="Macro", dispatches=True, options=tuple((m.name, m.name, "") for m in macros))
    people = plural(others, "The reporter and 1 more person", "The reporter and {count} more people")
    options = (("reporter", "The reporter", ""), (ALL_FOLLOWERS, "All followers", people))
    to = ChoiceInput(id="to", label="To", options=options, hint="If you leave this empty, only the reporter gets it.")
    return [
        *([chosen] if macros else []),
        TextInput(id=_text(filled), label="Your reply", required=True, error="The reply is empty. Write one."),
        *([to] if others else []),
        DateTimeInput(id="by", label="Next update promised by"),
    ]


def _text(filled: int) -> str:
    return f"text_{filled}" if filled else "text"


def _filled(view: Mapping[str, Any]) -> int:
    found = form.metadata(view).get("filled")
    return found if type(found) is int and 0 <= found < 1000 else 0
