"""The command, buttons and the form of the post-mortem."""

from bot.context import AppContext
from bot.services.learning import post_mortems
from bot.views.learning import post_mortem as views
from handlers.request import Answer, OpenModal, Reply, Request, reply


def show(app: AppContext, call: Request) -> Answer:
    return Reply(post_mortems.page(app, call.person, call.channel, (call.value or call.text).split()))


def ask(app: AppContext, call: Request) -> Answer:
    return reply(post_mortems.collect(app, call.person, call.value, call.request))


def edit(app: AppContext, call: Request) -> Answer:
    return OpenModal(post_mortems.open_form(app, call.person, call.value))


def save(app: AppContext, call: Request) -> Answer:
    post_mortems.save(app, call.person, *views.read_form(call.view), call.request)
    return None


def post(app: AppContext, call: Request) -> Answer:
    post_mortems.post(app, call.person, call.value, call.request)
    return reply("We've posted the post-mortem to the team.")


COMMANDS = {"postmortem": show}
ACTIONS = {views.SHOW: show, views.COLLECT: ask, views.EDIT: edit, views.POST: post}
VIEWS = {views.EDIT: save}
