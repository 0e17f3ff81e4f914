"""Set up a phase from Slack."""

from bot.context import AppContext
from bot.services.learning import lessons
from bot.services.phases import phases
from bot.views.phases import setup as views
from bot.views.phases.starting import start_form
from domain.operations.scopes import Place, missing_at
from domain.phases.settings import PhaseState
from handlers.request import Answer, OpenModal, Request


def setup(app: AppContext, call: Request) -> Answer:
    """Open the form for the first phase or that of this channel; `setup PAY` is for PAY, `setup new` for a new one."""
    wanted = call.text.strip().upper()
    phase = None if wanted == "NEW" else phases.find_phase_to_set_up(app, call.person, wanted, call.channel)
    if phase is None:
        phases.require_may_set_up(app, call.person)
    return OpenModal(views.setup_form(phase, call.person.id, missing_at(Place.SETUP, app.scopes)))


def submit(app: AppContext, call: Request) -> Answer:
    """Save the phase, and ask a new one for what it needs to start."""
    saved = phases.set_up(app, call.person, views.read_setup_form(call.view), call.request)
    missing = app.enter_channels(saved.channels)
    if saved.state is PhaseState.PLANNED:
        return OpenModal(start_form(saved, missing))
    return OpenModal(views.saved(saved, missing, lessons.list_offers(app, call.person, saved)))


COMMANDS = {"setup": setup}
ACTIONS = {"setup": setup}
VIEWS = {views.CALLBACK: submit}
