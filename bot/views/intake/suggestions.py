"""What a report form suggests while it is being written: tickets that may be meant, and what it sounds like."""

from collections.abc import Sequence

from bot.views.text import Block, button, context, escape, quote, section
from domain.intake.suggestions import Suggestion
from domain.tickets.ticket import Ticket

SAME_PROBLEM, USE_SUGGESTION = "that_is_it", "use_hint"


def blocks(like: Sequence[Ticket], hint: Suggestion | None) -> list[Block]:
    """Below the summary; nothing where there is nothing to suggest."""
    return [*_known(like), *(_sounds(hint) if hint else [])]


def _known(like: Sequence[Ticket]) -> list[Block]:
    if not like:
        return []
    rows = [
        section(
            f"*{t.name}* · {quote(t.summary, 160)}\n{_state(t)}",
            accessory=button("That is it", f"{SAME_PROBLEM}:{t.id}", str(t.id)),
        )
        for t in like
    ]
    return [context("*Is it one of these?* One click counts you in, and you hear how it goes on."), *rows]


def _state(ticket: Ticket) -> str:
    state = "Open" if ticket.status.is_open else "Resolved lately"
    return f"{state} · {ticket.affected} affected" if ticket.affected > 1 else state


def _sounds(hint: Suggestion) -> list[Block]:
    parts = [f"*{hint.type.label}*" if hint.type else "", f"module *{escape(hint.module)}*" if hint.module else ""]
    text = f"Suggested from your words: {', '.join(filter(None, parts))}."
    return [section(text, accessory=button("Use it", USE_SUGGESTION))]
