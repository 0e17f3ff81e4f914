"""The weekly note to reporters: what they reported, and what the team did about it."""

from collections.abc import Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, day, message, quote, rich, section
from domain.phases.phase import Phase
from domain.text import one_line, shorten
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
EDIT, SKIP = "note_edit", "note_skip"
SKIPPED = ("Skip this week's note?", "Reporters get the next one in a week.", "Skip week")
MAX_NOTE_LENGTH = 3000  # characters of a note, as many as a form takes
WORDS = TextInput(
    id="words", label="Message", required=True, limit=MAX_NOTE_LENGTH,
    error="The message is empty. Write what the reporters should read.",
)  # fmt: skip
THANKS = TextInput(id="thanks", label="Thanks", multiline=False, limit=500,
              hint="Optional, from a stakeholder or a lead. Also shown in the next digest.")  # fmt: skip


def draft_text(done: Sequence[Ticket], deferred: Sequence[Ticket]) -> str:
    """The draft: one ticket a line, those with most people affected first; as many as fit."""
    lines = ["You said, we did:", *(f"• {_summary(t)} → {_outcome(t)}" for t in _ordered(done))]
    lines += ["", "Not yet:", *(f"• {_summary(t)} → {_deferred(t)}" for t in _ordered(deferred))] if deferred else []
    kept, length = list[str](), 0
    for line in lines:
        length += len(line) + 1
        if length > MAX_NOTE_LENGTH - 40:
            kept.append("… and more.")
            break
        kept.append(line)
    return "\n".join(kept)


def offer(phase: Phase, note_id: int, text: str) -> Message:
    """Show a lead the draft, before anyone else reads it."""
    title = (
        f"Your weekly note to the reporters of {quote(phase.name)} is ready. It's posted only when you press *Post*."
    )
    buttons = actions(button("Review", EDIT, str(note_id), style="primary"),
                      button("Skip week", SKIP, str(note_id), confirm=SKIPPED))  # fmt: skip
    return message(title, [section(title), rich(text), buttons])


def edit_form(phase: Phase, note_id: int, text: str) -> Block:
    before = [context(f"The reporters of {quote(phase.name)} will read this in their channels.")]
    return form.modal(EDIT, "You said, we did", (WORDS, THANKS), values={"words": text}, submit="Post",
                      metadata={"note": note_id}, before=before)  # fmt: skip


def read_edit_form(view: Any) -> tuple[int | None, str, str]:
    """(note id, message, thanks); InvalidForm with every error."""
    found, values = form.metadata(view).get("note"), form.read(view, (WORDS, THANKS))
    return found if type(found) is int else None, values.get("words", ""), values.get("thanks", "")


def note(phase: Phase, text: str, thanks: str, by: str) -> Message:
    said = [section(f":heart: {name_of(by)} says: {quote(thanks, 500)}")] if thanks else []
    more = context("Use `/hypercare report` to report something new, and `/hypercare mine` to see your reports.")
    title = f"{quote(phase.name)}: you said, we did"
    return message(title, [section(f"*{title}*"), rich(text), *said, more])


def posted(phase: Phase, by: str, places: Sequence[str]) -> Message:
    where = " ".join(f"<#{place}>" for place in places)
    return message(f"{name_of(by)} posted the weekly note to the reporters of {quote(phase.name)} in {where}.")


def skipped(phase: Phase, by: str) -> Message:
    return message(f"{name_of(by)} skipped this week's note to the reporters of {quote(phase.name)}.")


def _ordered(tickets: Sequence[Ticket]) -> list[Ticket]:
    return sorted(tickets, key=lambda t: (-t.affected, t.severity.rank, t.number))


def _summary(ticket: Ticket) -> str:
    summary = shorten(one_line(ticket.summary), 90)
    return f"{summary} ({ticket.affected} people)" if ticket.affected > 1 else summary


def _outcome(ticket: Ticket) -> str:
    return shorten(one_line(ticket.note), 160) or "done"


def _deferred(ticket: Ticket) -> str:
    reason = ticket.deferral.label.lower() if ticket.deferral else "later"
    until = f"deferred until {day(ticket.due, ticket.changed_at)}" if ticket.due else "deferred without a date"
    return f"{until}: {reason}, {_outcome(ticket)}" if ticket.note else f"{until}: {reason}"
