"""The answer to `/hypercare status`: the health of the app for leads and admins."""

from datetime import timedelta
from typing import Any

from bot.views.text import Block, actions, address, button, context, declined_scopes, escape, message, section, when
from domain.operations.health import Health
from domain.text import plural


def health(found: Health) -> dict[str, Any]:
    """Return the health message, with buttons to retry or drop undeliverable messages."""
    text = _sentence(found)
    return message(text, [section(text), *_dead(found), *declined_scopes(found.declined), context(_facts(found))])


def _sentence(found: Health) -> str:
    if not found.waiting and not found.dead and not found.overdue:
        return "Hypercare is healthy. No messages are waiting to be sent and no timers are overdue."
    parts = []
    if found.waiting and found.oldest:
        parts.append(plural(found.waiting, "1 message is waiting to be sent, for {age}.",
                            "{count} messages are waiting to be sent, the oldest for {age}.",
                            age=_span(found.now - found.oldest)))  # fmt: skip
    if found.dead:
        parts.append(
            plural(found.dead, "1 message could not be delivered.", "{count} messages could not be delivered.")
        )
    if found.overdue:
        parts.append(plural(found.overdue, "1 timer is overdue.", "{count} timers are overdue."))
    return " ".join(parts)


def _dead(found: Health) -> list[Block]:
    blocks: list[Block] = []
    for entry in found.shown:
        place = address(entry.channel)
        what = f"Message {entry.id} to {place}, {when(entry.created_at)}: {escape(entry.error or 'no reason given')}"
        again = button("Try again", f"retry_message:{entry.id}", str(entry.id), style="primary")
        blocks += [section(what), actions(again, button("Drop", f"drop_message:{entry.id}", str(entry.id)))]
    if found.dead > len(found.shown):
        blocks.append(
            context(f"… and {found.dead - len(found.shown)} more. `hypercare outbox list` shows all of them.")
        )
    return blocks


def _facts(found: Health) -> str:
    names = ", ".join(f"{r.name} ({r.version}, since {when(r.started_at)})" for r in found.replicas)
    return f"Running: {names or 'no process found'}"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
