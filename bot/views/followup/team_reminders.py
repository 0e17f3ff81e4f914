"""The one message that reminds a ticket's team on a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.views.followup.promises import MISSED_FOR_TEAM, new_date
from bot.views.sla import targets
from bot.views.text import actions, mention, message, section, when
from domain.followup.promises import PromiseKind
from domain.sla.clocks import SlaTarget
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Ticket

SENTENCES: Mapping[EventKind, str] = {
    EventKind.UNANSWERED: (
        "The reporter of *{ticket}* hasn't answered since {since}, after two reminders. Continue without the answer, "
        "defer it, or resolve it."
    ),
    EventKind.DEFERRAL_REVIEW: (
        "*{ticket}* has been deferred without a date since {since}. Set a date, reopen it, or say in this thread that "
        "it stays deferred."
    ),
}


def day_reminder(ticket: Ticket, reminders: Sequence[Event], called: Sequence[str]) -> dict[str, Any]:
    """Return the message with all reminders of a day, one on each line; `called` are mentioned."""
    lines = [_line(ticket, one) for one in reminders]
    head = f"{' '.join(map(mention, called))}:" if called else ""
    text = (
        f"{head} {lines[0]}".strip() if len(lines) == 1 else "\n".join([head, *(f"• {one}" for one in lines)]).strip()
    )
    if any(one.kind is EventKind.PROMISE_MISSED for one in reminders):
        return message(text, [section(text), actions(new_date(ticket))])
    return message(text)


def _line(ticket: Ticket, reminder: Event) -> str:
    data = reminder.data
    match reminder.kind:
        case EventKind.SLA_WARNING:
            due = datetime.fromisoformat(data["due"])
            return targets.warning(ticket, SlaTarget(data["target"]), float(data["share"]), due)
        case EventKind.STATUS_TOLD:
            return targets.silent(ticket)
        case EventKind.PROMISE_MISSED:
            missed = MISSED_FOR_TEAM[PromiseKind(data["promise"])]
            return missed.format(ticket=ticket.name, due=when(datetime.fromisoformat(data["due"])))
    return SENTENCES[reminder.kind].format(ticket=ticket.name, since=when(datetime.fromisoformat(data["since"])))
