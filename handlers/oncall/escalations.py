"""Answers of the people who are paged: buttons, and words in a direct message."""

from collections.abc import Callable
from functools import partial

from bot.context import AppContext
from bot.services.oncall import escalations
from bot.services.tickets import work
from domain.intake.chatter import accepts, declines
from domain.text import plural
from domain.tickets.ticket import Ticket
from handlers.request import Answer, Handler, Request, reply

NOTHING_LEFT = "There's nothing left to acknowledge. All of these tickets have an owner."
Service = Callable[..., Ticket]


def answer_page(service: Service, app: AppContext, call: Request) -> Answer:
    """Handle a button of a page; its value is the id of the escalation."""
    service(app, call.number or 0, call.person, request=call.request)
    return None


def acknowledge_all(app: AppContext, call: Request) -> Answer:
    """Acknowledge everything that an alert storm message lists."""
    count = escalations.acknowledge_all(app, call.person, call.request)
    return reply(plural(count, "You're taking 1 ticket.", "You're taking {count} tickets.") if count else NOTHING_LEFT)


def in_direct_message(app: AppContext, call: Request, text: str) -> Answer:
    """Take "mine" or "can't take it" as the answer to the newest page; None for other words or without a page."""
    yes, no = accepts(text), declines(text)
    newest = escalations.find_newest_for(app, call.person) if yes or no else None
    if newest is None:
        return None
    if no:
        ticket = escalations.decline(app, newest.id, call.person, call.request)
        return reply(f"OK, you can't take {ticket.name}. We'll page the next people.")
    ticket = work.acknowledge(app, newest.ticket_id, call.person, call.request)
    more = len(escalations.list_waiting_for(app, call.person))
    if not more:
        return reply(f"You own {ticket.name} now.")
    return reply(plural(more, "You own {name} now. 1 more page waits for your answer.",
                        "You own {name} now. {count} more pages wait for your answer.", name=ticket.name))  # fmt: skip


ACTIONS: dict[str, Handler] = {
    "decline": partial(answer_page, escalations.decline),
    "snooze": partial(answer_page, escalations.snooze),
    "still_on_it": partial(answer_page, escalations.confirm_owner),
    "acknowledge_all": acknowledge_all,
}
