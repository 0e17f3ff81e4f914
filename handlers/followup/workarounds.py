"""The command, buttons and the form for workarounds that people use."""

from bot.context import AppContext
from bot.services.followup import workarounds
from bot.views.followup import workarounds as views
from handlers.request import Answer, OpenModal, Reply, Request, reply


def show(app: AppContext, call: Request) -> Answer:
    return Reply(workarounds.page(app, call.person, call.channel, (call.value or call.text).split()))


def open_date(app: AppContext, call: Request) -> Answer:
    return OpenModal(workarounds.open_date_form(app, call.person, call.number or 0))


def set_date(app: AppContext, call: Request) -> Answer:
    id_, until = views.read_form(call.view)
    workarounds.set_until(app, call.person, id_, until, call.request)
    return None


def end(app: AppContext, call: Request) -> Answer:
    return reply(views.ended(workarounds.end(app, call.person, call.number or 0, call.request)))


COMMANDS = {"workarounds": show}
ACTIONS = {views.SHOW: show, views.DATE: open_date, views.END: end}
VIEWS = {views.DATE: set_date}
