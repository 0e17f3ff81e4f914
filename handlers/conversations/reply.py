"""Answering: to the reporter or to everybody whom it concerns, starting from a macro where there is one."""

from bot.context import Desk
from bot.services.tickets import lists, work
from bot.views.conversations import reply as views
from bot.views.tickets.work import ticket_of
from domain.conversations.macros import expand
from domain.tickets.permissions import Action
from domain.tickets.ticket import Ticket
from handlers.request import Answer, Call, Open, Redraw


def open_form(desk: Desk, call: Call) -> Answer:
    return _form(desk, lists.ticket_by_id(desk, call.number, call.person, Action.WORK))


def verb(desk: Desk, call: Call) -> Answer:
    ticket = lists.ticket_by_name(desk, call.text, call.person)
    return _form(desk, lists.ticket_by_id(desk, ticket.id, call.person, Action.WORK))


def fill(desk: Desk, call: Call) -> Answer:
    """A macro was chosen: its words come behind what was written."""
    ticket = lists.ticket_by_id(desk, ticket_of(call.view), call.person, Action.WORK)
    phase = lists.phase_of(desk, ticket)
    values, chosen, filled = views.draft(call.view, phase.macros)
    if chosen is None:
        return None
    words = "\n".join(filter(None, (str(values["text"]).rstrip(), expand(chosen, ticket, call.person.id))))
    values = views.with_text(values, words, filled + 1)
    return Redraw(views.reply_form(ticket, phase, lists.others(desk, ticket), values, filled + 1))


def submit(desk: Desk, call: Call) -> Answer:
    ticket = lists.ticket_by_id(desk, ticket_of(call.view), call.person)
    said = views.read_reply(call.view)
    work.reply(desk, ticket.id, call.person, said["text"], call.request, everybody=said["everybody"], by=said["by"])
    return None


def _form(desk: Desk, ticket: Ticket) -> Open:
    return Open(views.reply_form(ticket, lists.phase_of(desk, ticket), lists.others(desk, ticket)))


COMMANDS = {"reply": verb}
ACTIONS = {"reply": open_form, views.MACRO: fill}
VIEWS = {views.CALLBACK: submit}
