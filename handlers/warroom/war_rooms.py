"""The command, the buttons and the forms of war rooms, and the pushpin that puts a message into a timeline."""

from functools import partial

from bot.context import AppContext
from bot.services.tickets import lists
from bot.services.warroom import timeline, war_rooms
from bot.views.incoming import read_message
from bot.views.warroom import war_rooms as views
from handlers.request import NO_TICKET, Answer, OpenModal, Request, reply
from handlers.tickets.work import press

PUSHPIN = "pushpin"


def open_by_name(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    war_rooms.open_room(app, ticket.id, call.person, call.request)
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
    war_rooms.close_room(app, ticket_id, call.person, summary, call.request)
    return None


def note(app: AppContext, call: Request, channel: str, ts: str) -> Answer:
    """Put a message into the timeline of the war room in which it stands."""
    if not timeline.is_room(app, channel):
        return None
    message = call.look(channel, ts)
    said = read_message(message) if message else None
    if message and said and said.text:
        thread = str(message.get("thread_ts") or ts)
        author = str(message.get("user") or app.bot_user)
        timeline.note(app, call.person, channel, ts, thread, author, said.text, call.request)
    return None


COMMANDS = {"warroom": open_by_name}
ACTIONS = {views.OPEN: partial(press, war_rooms.open_room), views.ROLES: open_roles, views.CLOSE: open_close}
VIEWS = {views.ROLES: save_roles, views.CLOSE: close}
