"""The command, the buttons and the forms of war rooms."""

from functools import partial

from bot.context import AppContext
from bot.services.tickets import lists
from bot.services.warroom import war_rooms
from bot.views.warroom import war_rooms as views
from handlers.request import NO_TICKET, Answer, OpenModal, Request, reply
from handlers.tickets.work import press


def open_by_name(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    war_rooms.open_war_room(app, ticket.id, call.person, call.request)
    return reply(views.answer(ticket, own_channel=war_rooms.has_channel(app, ticket.id)))


def open_roles(app: AppContext, call: Request) -> Answer:
    return OpenModal(war_rooms.open_form(app, call.number or NO_TICKET, call.person))


def open_close(app: AppContext, call: Request) -> Answer:
    return OpenModal(war_rooms.open_form(app, call.number or NO_TICKET, call.person, closing=True))


def save_roles(app: AppContext, call: Request) -> Answer:
    ticket_id, roles = views.read_roles(call.view)
    war_rooms.set_roles(app, ticket_id, call.person, roles, call.request)
    return None


def close(app: AppContext, call: Request) -> Answer:
    ticket_id, summary = views.read_close_form(call.view)
    war_rooms.close_war_room(app, ticket_id, call.person, summary, call.request)
    return None


COMMANDS = {"warroom": open_by_name}
ACTIONS = {views.OPEN: partial(press, war_rooms.open_war_room), views.ROLES: open_roles, views.CLOSE: open_close}
VIEWS = {views.ROLES: save_roles, views.CLOSE: close}
