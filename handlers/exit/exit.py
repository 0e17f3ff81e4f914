"""The command and buttons for the exit of a phase."""

from bot.context import AppContext
from bot.services.exit import decisions
from bot.views.choices import phase_of
from bot.views.exit import readiness as views
from handlers.request import Answer, OpenModal, Reply, Request, reply


def show(app: AppContext, call: Request) -> Answer:
    return Reply(decisions.page(app, call.person, call.channel, (call.value or call.text).split()))


def decide(app: AppContext, call: Request) -> Answer:
    return OpenModal(views.decide_form(*decisions.open_form(app, call.person, call.channel, call.value.split())))


def save(app: AppContext, call: Request) -> Answer:
    key = phase_of(call.view)
    _, found = decisions.open_form(app, call.person, "", [key])
    kind, subject, reason = views.read_decide_form(call.view, found)
    return reply(decisions.decide(app, call.person, key, (kind, subject), reason, call.request))


def sign(app: AppContext, call: Request) -> Answer:
    return reply(decisions.sign(app, call.person, call.channel, call.value.split(), call.request))


COMMANDS = {"exit": show}
ACTIONS = {views.SHOW: show, views.DECIDE: decide, views.SIGN: sign}
VIEWS = {views.DECIDE: save}
