"""Setting up a phase from Slack."""

from bot.context import AppContext
from bot.services.phases import phases
from bot.views.phases import setup as views
from handlers.request import Answer, OpenModal, Request


def setup(app: AppContext, call: Request) -> Answer:
    """`setup` makes the first phase, or changes the one of this channel; `setup PAY` names one, `new` adds one."""
    wanted = call.text.strip().upper()
    phase = None if wanted == "NEW" else phases.to_set_up(app, call.person, wanted, call.channel)
    if phase is None:
        phases.may_set_up(app, call.person)
    return OpenModal(views.setup_form(phase, call.person.id))


def submit(app: AppContext, call: Request) -> Answer:
    phases.set_up(app, call.person, views.read_setup_form(call.view), call.request)
    return None


COMMANDS = {"setup": setup}
VIEWS = {views.CALLBACK: submit}
