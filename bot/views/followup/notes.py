"""The week's note to reporters: what they said, and what was done about it."""

from collections.abc import Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import TextInput
from bot.views.text import Block, actions, button, context, message, quote, rich, section
from domain.phases.phase import Phase
from domain.text import mention, one_line, shorten
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
EDIT, SKIP = "note_edit", "note_skip"
MAX_NOTE_LENGTH = 3000  # characters of a note, as many as a form takes
WORDS = TextInput(
    id="words", label="What everybody reads", required=True, limit=MAX_NOTE_LENGTH, error="Please write something."
)
THANKS = TextInput(id="thanks", label="A word of thanks", multiline=False, limit=500,
              hint="From a sponsor or a lead, if you like; the next digest has it too")  # fmt: skip


def draft_text(done: Sequence[Ticket], put_off: Sequence[Ticket]) -> str:
    """The draft: each in a line, what is said by most first; as many as fit."""
    lines = ["You said, we did:", *(f"• {_said(t)} → {_first(t.note)}" for t in _ordered(done))]
    lines += ["", "Not yet:", *(f"• {_said(t)} → {_later(t)}" for t in _ordered(put_off))] if put_off else []
    kept, length = list[str](), 0
    for line in lines:
        length += len(line) + 1
        if length > MAX_NOTE_LENGTH - 40:
            kept.append("… and more.")
            break
        kept.append(line)
    return "\n".join(kept)


def offer(phase: Phase, note_id: int, text: str) -> Message:
    """For a lead, before anybody else reads it."""
    title = f"This week's note to the reporters of {quote(phase.name)}. Nobody reads it before you post it."
    buttons = actions(button("Read, change and post", EDIT, str(note_id), style="primary"),
                      button("Not this week", SKIP, str(note_id)))  # fmt: skip
    return message(title, [section(title), rich(text), buttons])


def edit_form(phase: Phase, note_id: int, text: str) -> Block:
    before = [context(f"Goes to the reporters of {quote(phase.name)}.")]
    return form.modal(EDIT, "You said, we did", (WORDS, THANKS), values={"words": text}, submit="Post",
                      metadata={"note": note_id}, before=before)  # fmt: skip


def read_edit_form(view: Any) -> tuple[int | None, str, str]:
    """Which note, its words, and the thanks; form.Invalid with every complaint."""
    found, values = form.metadata(view).get("note"), form.read(view, (WORDS, THANKS))
    return found if type(found) is int else None, values.get("words", ""), values.get("thanks", "")


def note(phase: Phase, text: str, thanks: str, by: str) -> Message:
    said = [section(f":heart: {mention(by)} says: {quote(thanks, 500)}")] if thanks else []
    more = context("Something else? `/hypercare report`, or `/hypercare mine` for your own reports.")
    title = f"{quote(phase.name)}: what came of what you said"
    return message(title, [section(f"*{title}*"), rich(text), *said, more])


def posted(phase: Phase, by: str, places: Sequence[str]) -> Message:
    where = " ".join(f"<#{place}>" for place in places)
    return message(f"The note to the reporters of {quote(phase.name)} was posted by {mention(by)} in {where}.")


def skipped(phase: Phase, by: str) -> Message:
    return message(f"The note to the reporters of {quote(phase.name)} was left out by {mention(by)}.")


def _ordered(tickets: Sequence[Ticket]) -> list[Ticket]:
    return sorted(tickets, key=lambda t: (-t.affected, t.severity.rank, t.number))


def _said(ticket: Ticket) -> str:
    people = f" ({ticket.affected} people)" if ticket.affected > 1 else ""
    return f"{shorten(one_line(ticket.summary), 90)}{people}"


def _first(text: str) -> str:
    return shorten(one_line(text), 160) or "done"


def _later(ticket: Ticket) -> str:
    until = f"until {ticket.due.isoformat()}" if ticket.due else "without a day yet"
    reason = ticket.deferral.label.lower() if ticket.deferral else "later"
    return f"{until}: {reason}" + (f", {_first(ticket.note)}" if ticket.note else "")
