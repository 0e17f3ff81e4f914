"""Notes of a session in Slack: the form that shows items while they are typed, and what became of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import PeopleInput, TextInput
from bot.views.people.names import name_of
from bot.views.sessions.sessions import NOTES, notes_button
from bot.views.text import Block, actions, answer, context, message, quote, section, when
from domain.phases.phase import Phase
from domain.sessions.notes import ItemKind, NoteLine, SessionItem
from domain.sessions.session import UserSession
from domain.text import plural

Message = dict[str, Any]
Shown = Sequence[tuple[SessionItem, str]]  # items with the names of their tickets
PREVIEW = "session_preview"
MAX_LINES = 30  # of a message
HELP = ("One line for each thing that was said. `Idea:`, `Praise:`, `Question:` or `Report:` says what it is, or its "
        "first letter. Else I go by the words. `Maria:` says whose it is, `{key}-42` that it is about that ticket, and "
        "`Security:` makes a private one.")  # fmt: skip
TEXT = TextInput(id="session_text", label="Notes", required=True, dispatches=True,
                 error="The notes are empty. Write one line for each thing that was said.")  # fmt: skip
PRESENT = PeopleInput(id="present", label="Who was there", required=True)


def notes_form(
    phase: Phase, session: UserSession, text: str = "", present: Sequence[str] | None = None,
    lines: Sequence[NoteLine] = (), alike: Mapping[int, str] | None = None,
) -> Block:  # fmt: skip
    """Return the form, with what the lines would become; `alike` are tickets that may be the same, by line."""
    there = session.participants if present is None else present
    shown = [_preview(line, (alike or {}).get(line.number, "")) for line in lines[:MAX_LINES]]
    below = [section("\n".join(shown), block_id=PREVIEW)] if shown else []
    return form.modal(NOTES, f"Notes of {session.name}", (TEXT, PRESENT), metadata={"session": session.id},
                      values={TEXT.id: text, PRESENT.id: there}, submit="File",
                      before=[section(f"*{quote(session.title, 150)}*"), context(HELP.format(key=phase.key))],
                      notes={TEXT.id: below})  # fmt: skip


def _preview(line: NoteLine, alike: str) -> str:
    """Return what a line would become."""
    who = f"by {name_of(line.person)}" if line.person else ""
    to = (
        f"to {line.ticket}"
        if line.ticket
        else f"like {alike}? Write {alike} in the line to add it there"
        if alike
        else ""
    )
    return " · ".join(filter(None, (f"{line.number}. *{line.kind.label}*", quote(line.text, 60), who, to)))


def draft_of(view: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the notes typed so far, and who was there."""
    given = form.draft(view, (TEXT, PRESENT))
    return str(given.get(TEXT.id) or ""), tuple(given.get(PRESENT.id) or ())


def preview_of(view: Mapping[str, Any]) -> str:
    """Return the items that a form shows."""
    found = next((one for one in form.blocks_of(view) if one.get("block_id") == PREVIEW), {})
    return str((found.get("text") or {}).get("text") or "")


def read_form(view: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the notes and who was there; InvalidForm with every error."""
    given = form.read_all(view, (TEXT, PRESENT))
    return given[TEXT.id], given[PRESENT.id]


def came_up(session: UserSession, line: NoteLine) -> Message:
    """Tell a ticket's thread of the team what was said about it."""
    text = f"This came up in the session *{quote(session.title, 150)}* ({session.name}): {quote(line.text, 500)}"
    return message(text, [section(text)])


def summary(phase: Phase, session: UserSession, found: Shown, hidden: int) -> Message:
    """Return the summary of a session for the team: how many items of each kind, and each with its ticket."""
    counts = Counter(item.kind for item, _ in found)
    numbers = " · ".join(_count(kind, counts[kind]) for kind in ItemKind if counts[kind])
    text = f"{session.kind.label} *{quote(session.title, 150)}* ({quote(phase.name)}) was held: {numbers or 'no items'}"
    facts = " · ".join(filter(None, (
        session.name, when(session.starts), quote(session.module, 80), quote(session.process, 80),
        f"host: {name_of(session.host)}")))  # fmt: skip
    private = [context(plural(hidden, "1 item is private.", "{count} items are private."))] if hidden else []
    return message(text, [section(text), context(facts), *_rows(found), *private])


def result(phase: Phase, session: UserSession, own: Shown, others: Shown) -> Message:
    """Tell a participant what became of what was said."""
    text = f"Thanks for taking part in *{quote(session.title, 150)}* ({quote(phase.name)}). This is what we noted:"
    mine = [section("*From you.* We'll send you updates on these."), *_rows(own)] if own else []
    rest = [section("*Also said.* To get updates on one, type `/hypercare follow` with its number."), *_rows(others)]
    return message(text, [section(text), *mine, *(rest if others else [])])


def items(phase: Phase, session: UserSession, found: Shown) -> Message:
    """Return the items of a session, and the button that adds more."""
    text = f"{session.name} {quote(session.title, 150)} ({quote(phase.name)})"
    rows = _rows(found) or [section("No items that you can see.")]
    return answer(text, [section(f"*{text}*"), *rows, actions(notes_button(session))])


def _rows(found: Shown) -> list[Block]:
    lines = [f"• *{ticket}* {item.kind.label}: {quote(item.text, 80) or 'no longer kept'}"
             for item, ticket in found[:MAX_LINES]]  # fmt: skip
    more = len(found) - MAX_LINES
    return [*([section("\n".join(lines))] if lines else []), *([context(f"… and {more} more.")] if more > 0 else [])]


def _count(kind: ItemKind, count: int) -> str:
    one, many = {
        ItemKind.REPORT: ("1 report", "{count} reports"),
        ItemKind.IDEA: ("1 idea", "{count} ideas"),
        ItemKind.PRAISE: ("1 report of praise", "{count} reports of praise"),
        ItemKind.QUESTION: ("1 question", "{count} questions"),
        ItemKind.SECURITY: ("1 security report", "{count} security reports"),
    }[kind]
    return plural(count, one, many)
