"""Answers of the people who are called: buttons, and a word in their direct messages."""

from collections.abc import Callable
from functools import partial

from bot.context import AppContext
from bot.services.oncall import escalations
from bot.services.tickets import work
from domain.intake.chatter import said_no, said_yes
from domain.tickets.ticket import Ticket
from handlers.request import Answer, Handler, Request, reply

Service = Callable[..., Ticket]


def answers(service: Service, app: AppContext, call: Request) -> Answer:
    """A button of a page; it carries the escalation."""
    service(app, call.number or 0, call.person, request=call.request)
    return None


def take_all(app: AppContext, call: Request) -> Answer:
    """Everything that one message about many lists."""
    count = escalations.take_all(app, call.person, call.request)
    return reply(f"{count} are yours now." if count else "Nothing waits for you: all of them have somebody.")


def in_direct_message(app: AppContext, call: Request, text: str) -> Answer:
    """Whether they take it or not, said to the newest call; None when it is neither, or nobody called."""
    yes, no = said_yes(text), said_no(text)
    newest = escalations.newest_for(app, call.person) if yes or no else None
    if newest is None:
        return None
    if no:
        ticket = escalations.not_me(app, newest.id, call.person, call.request)
        return reply(f"{ticket.name} is passed on.")
    ticket = work.acknowledge(app, newest.ticket_id, call.person, call.request)
    more = len(escalations.waiting_for(app, call.person))
    return reply(f"{ticket.name} is yours." + (f" {more} more wait for you." if more else ""))


ACTIONS: dict[str, Handler] = {
    "not_me": partial(answers, escalations.not_me),
    "snooze": partial(answers, escalations.snooze),
    "still_mine": partial(answers, escalations.still_mine),
    "take_all": take_all,
}
