"""Replying to the reporter or to all followers, from a macro where one is chosen."""

from bot.blame import find_blame
from bot.context import AppContext
from bot.services.tickets import lists, work
from bot.views.blame_hint import is_checked
from bot.views.conversations import reply as views
from bot.views.text import mention
from bot.views.tickets.work import ticket_of
from domain.conversations.macros import expand
from domain.phases.permissions import Action
from domain.tickets.ticket import Ticket
from handlers.request import Answer, OpenModal, Request, UpdateModal


def open_form(app: AppContext, call: Request) -> Answer:
    return _form(app, lists.ticket_by_id(app, call.number, call.person, Action.WORK))


def verb(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    return _form(app, lists.ticket_by_id(app, ticket.id, call.person, Action.WORK))


def fill(app: AppContext, call: Request) -> Answer:
    """Append the text of the chosen macro to what was written."""
    ticket = lists.ticket_by_id(app, ticket_of(call.view), call.person, Action.WORK)
    phase = lists.phase_of(app, ticket)
    values, chosen, filled = views.draft(call.view, phase.conversations.macros)
    if chosen is None:
        return None
    words = "\n".join(filter(None, (str(values["text"]).rstrip(), expand(chosen, ticket, call.person.id, mention))))
    values = views.with_text(values, words, filled + 1)
    return UpdateModal(views.reply_form(ticket, phase, lists.others(app, ticket), values, filled + 1))


def submit(app: AppContext, call: Request) -> Answer:
    sent = views.read_reply(call.view)
    if hint := _blame_hint(app, call, str(sent["text"])):
        return hint
    work.reply(
        app, ticket_of(call.view), call.person, sent["text"], call.request,
        all_followers=sent["all_followers"], by=sent["by"],
    )  # fmt: skip
    return None


def _blame_hint(app: AppContext, call: Request, text: str) -> OpenModal | None:
    """Return the form with a hint when the text blames a person, once; the writer decides."""
    if not is_checked(call.view):
        return None
    ticket = lists.ticket_by_id(app, ticket_of(call.view), call.person, Action.WORK)
    phase = lists.phase_of(app, ticket)
    blame = find_blame(text, phase)
    if not blame:
        return None
    values, _, filled = views.draft(call.view, phase.conversations.macros)
    values = views.with_text(values, text, filled)
    return OpenModal(views.reply_form(ticket, phase, lists.others(app, ticket), values, filled, blame))


def _form(app: AppContext, ticket: Ticket) -> OpenModal:
    return OpenModal(views.reply_form(ticket, lists.phase_of(app, ticket), lists.others(app, ticket)))


COMMANDS = {"reply": verb}
ACTIONS = {"reply": open_form, views.MACRO: fill}
VIEWS = {views.CALLBACK: submit}
