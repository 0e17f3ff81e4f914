"""Answers of the people who are called: buttons, and a word in their direct messages."""

from collections.abc import Callable
from functools import partial

from bot.context import AppContext
from bot.services.oncall import escalations
from bot.services.tickets import work
from domain.intake.chatter import accepts, declines
from domain.tickets.ticket import Ticket
from handlers.request import Answer, Handler, Request, reply

Service = Callable[..., Ticket]


def answer_page(service: Service, app: AppContext, call: Request) -> Answer:
    """A button of a page; it carries the escalation."""
    service(app, call.number or 0, call.person, request=call.request)
    return None


def acknowledge_all(app: AppContext, call: Request) -> Answer:
    """Everything that one message about many lists."""
    count = escalations.acknowledge_all(app, call.person, call.request)
    return reply(f"{count} are yours now." if count else "Nothing waits for you: all of them have somebody.")


def in_direct_message(app: AppContext, call: Request, text: str) -> Answer:
    """Whether they take it or not, said to the newest call; None when it is neither, or nobody called."""
    yes, no = accepts(text), declines(text)
    newest = escalations.find_newest_for(app, call.person) if yes or no else None
    if newest is None:
        return None
    if no:
        ticket = escalations.decline(app, newest.id, call.person, call.request)
        return reply(f"{ticket.name} is passed on.")
    ticket = work.acknowledge(app, newest.ticket_id, call.person, call.request)
    more = len(escalations.list_waiting_for(app, call.person))
    return reply(f"{ticket.name} is yours." + (f" {more} more wait for you." if more else ""))


ACTIONS: dict[str, Handler] = {
    "decline": partial(answer_page, escalations.decline),
    "snooze": partial(answer_page, escalations.snooze),
    "still_on_it": partial(answer_page, escalations.confirm_owner),
    "acknowledge_all": acknowledge_all,
}
