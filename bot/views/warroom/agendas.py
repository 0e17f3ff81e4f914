"""The agenda of a day as a message: what is critical, overdue, blocked, to be decided, and what has changed."""

from collections.abc import Sequence
from typing import Any

from bot.views.decisions.decisions import asked
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, day, message, quote, section, when
from domain.actions.action_item import ActionItem
from domain.decisions.decision import Decision
from domain.tickets.ticket import Ticket
from domain.warroom.agenda import Agenda

NO_OWNER = "no owner"


def agenda(key: str, name: str, found: Agenda) -> dict[str, Any]:
    """Return the agenda; its buttons open the lists behind it."""
    title = f"Agenda of {quote(name)}, {day(found.on)}"
    parts = (
        ("Critical", [_ticket(one) for one in found.critical]),
        ("Overdue", [_ticket(one) for one in found.overdue]),
        ("Blocked", [_blocked(one, names) for one, names in found.blocked]),
        ("To be decided", [_due(one) for one in found.due]),
    )
    blocks = [section(f"*{title}*"), *(_part(label, rows) for label, rows in parts if rows)]
    empty = " · ".join(f"{label}: none" for label, rows in parts if not rows)
    blocks += [section(empty)] if empty else []
    blocks += [section("\n".join([_load(found), _changed(found), *map(_decided, found.decided)]))]
    buttons = [button("Open tickets", "list:0", f"open phase:{key}"), button("Actions", "actions", key),
               button("Decisions", "decisions", key)]  # fmt: skip
    return message(f"{title}.", [*blocks, actions(*buttons)])


def _part(label: str, rows: Sequence[str]) -> Block:
    return section("\n".join([f"*{label}* ({len(rows)})", *(f"• {row}" for row in rows)]))


def _ticket(one: Ticket) -> str:
    owner = name_of(one.owner) if one.owner else NO_OWNER
    due = f" · due {when(one.due_at)}" if one.due_at else ""
    return f"*{one.name}* {quote(one.summary, 100)} · {one.status.label} · {owner}{due}"


def _blocked(one: ActionItem, names: Sequence[str]) -> str:
    owner = name_of(one.owner) if one.owner else NO_OWNER
    return f"*{one.name}* {quote(one.title, 100)} · {owner} · waits for {', '.join(names)}"


def _due(one: Decision) -> str:
    due = f" · decide by {when(one.due_at)}" if one.due_at else ""
    return f"*{one.name}* {quote(one.question)}{due}"


def _decided(one: Decision) -> str:
    return f"• *{one.name}* {asked(one.question)} {quote(one.choice, 80)}"


def _load(found: Agenda) -> str:
    if found.load is None:
        return "*Capacity*: there are too few tickets yet to tell."
    return f"*Capacity*: the tickets take {100 * found.load:.0f} % of the team's time."


def _changed(found: Agenda) -> str:
    counts = found.changed
    return (f"*Since {when(found.since)}*: new {counts.opened}, resolved {counts.resolved}, "
            f"reopened {counts.reopened}, missed a target {counts.breached}, decided {len(found.decided)}")  # fmt: skip
