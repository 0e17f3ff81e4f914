"""How the desk itself is: letters, timers and processes, for those who keep it."""

from datetime import timedelta
from typing import Any

from bot.views.text import Block, actions, address, button, context, escape, section, when
from domain.operations.health import Health


def health(found: Health) -> dict[str, Any]:
    """For one person's eyes, with buttons to mend what is dead."""
    text = _sentence(found)
    return {"text": text, "blocks": [section(text), *_dead(found), context(_facts(found))]}


def _sentence(found: Health) -> str:
    if not found.waiting and not found.dead and not found.overdue:
        return "All is well: everything has been said, and nothing is overdue."
    parts = []
    if found.waiting and found.oldest:
        parts.append(f"{_count(found.waiting, 'letter')} waiting, the oldest for {_span(found.now - found.oldest)}")
    if found.dead:
        parts.append(f"{_count(found.dead, 'letter')} could not be delivered")
    if found.overdue:
        parts.append(f"{_count(found.overdue, 'timer')} overdue")
    return "; ".join(parts) + "."


def _dead(found: Health) -> list[Block]:
    blocks: list[Block] = []
    for entry in found.shown:
        place = address(entry.channel)
        what = f"Letter {entry.id} to {place}, {when(entry.created_at)}: {escape(entry.error or 'no reason')}"
        again = button("Try again", f"retry_message:{entry.id}", str(entry.id), style="primary")
        blocks += [section(what), actions(again, button("Drop", f"drop_message:{entry.id}", str(entry.id)))]
    if found.dead > len(found.shown):
        blocks.append(context(f"… and {found.dead - len(found.shown)} more; `hypercare outbox list` shows them."))
    return blocks


def _facts(found: Health) -> str:
    names = ", ".join(f"{r.name} ({r.version}, since {when(r.started_at)})" for r in found.replicas)
    return f"At work: {names or 'nobody has said so'}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
