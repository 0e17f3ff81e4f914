"""The button, form and command for what a ticket is, and whose."""

from bot.context import AppContext
from bot.services.tickets import judgement, lists
from bot.views.tickets import judgement as views
from bot.views.tickets.work import ticket_of
from domain.phases.permissions import Action
from handlers.request import Answer, OpenModal, Reply, Request


def open_form(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_id(app, call.number, call.person, Action.WORK)
    return OpenModal(views.judge_form(ticket, lists.phase_of(app, ticket)))


def save(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_id(app, ticket_of(call.view), call.person, Action.WORK)
    chosen = views.read_judge_form(call.view, lists.phase_of(app, ticket))
    judgement.judge(app, ticket.id, call.person, *chosen, call.request)
    return None


def show(app: AppContext, call: Request) -> Answer:
    return Reply(judgement.parties(app, call.person, call.channel, call.text.split()))


COMMANDS = {"parties": show}
ACTIONS = {views.JUDGE: open_form}
VIEWS = {views.JUDGE: save}
