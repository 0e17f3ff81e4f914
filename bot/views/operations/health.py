"""The answer to `/hypercare status`: the health of the app for leads and admins."""

from datetime import timedelta
from typing import Any

from bot.views.text import (
    Block,
    actions,
    address,
    button,
    context,
    declined_scopes,
    escape,
    header,
    message,
    section,
    when,
)
from domain.operations.health import Health, TicketHealth
from domain.text import plural

DROP = ("Drop this message?", "It's never sent.", "Drop")


def health(found: Health, found_tickets: TicketHealth) -> dict[str, Any]:
    """Return how the tickets stand, then the health of Hypercare, with buttons for undeliverable messages."""
    tickets, text = _tickets(found_tickets), _sentence(found)
    shown = [button(label, f"list:{word}", word) for label, word, count in (
        ("Show critical", "critical", found_tickets.critical), ("Show overdue", "late", found_tickets.overdue),
        ("Show unassigned", "unowned", found_tickets.unassigned)) if count]  # fmt: skip
    blocks = [header("Tickets"), section(tickets), *([actions(*shown)] if shown else []), header("Hypercare"),
              section(text), *_dead(found), *declined_scopes(found.declined), context(_facts(found))]  # fmt: skip
    return message(f"{tickets} {text}", blocks)


def _tickets(found_tickets: TicketHealth) -> str:
    if not found_tickets.open:
        return "No tickets are open."
    counts = (
        plural(found_tickets.open, "1 ticket is open", "{count} tickets are open"),
        plural(found_tickets.critical, "1 is critical", "{count} are critical"),
        plural(found_tickets.overdue, "1 is overdue", "{count} are overdue"),
        plural(found_tickets.unassigned, "1 is unassigned", "{count} are unassigned"),
    )
    return f"{', '.join(counts)}."


def _sentence(found: Health) -> str:
    if not found.waiting and not found.dead and not found.overdue:
        return "Hypercare is healthy. No messages are waiting to be sent and no timers are overdue."
    parts = []
    if found.waiting and found.oldest:
        parts.append(plural(found.waiting, "1 message has been waiting to be sent for {age}.",
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
        again = button("Try again", f"retry_message:{entry.id}", str(entry.id), style="primary",
                       name=f"Try message {entry.id} again")  # fmt: skip
        drop = button("Drop", f"drop_message:{entry.id}", str(entry.id), name=f"Drop message {entry.id}", confirm=DROP)
        blocks += [section(what), actions(again, drop)]
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
