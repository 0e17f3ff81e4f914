"""`/hypercare contacts`, and the shortcut, button and form with which a person logs a contact."""

from bot.context import AppContext
from bot.services.contacts import contacts
from bot.views.choices import phase_of
from bot.views.contacts import contacts as views
from handlers.request import Answer, Handler, OpenModal, Reply, Request


def show(app: AppContext, call: Request) -> Answer:
    return Reply(contacts.page(app, call.person, call.channel, call.text.split()))


def open_form(app: AppContext, call: Request) -> Answer:
    return OpenModal(contacts.open_form(app, call.person, call.value))


def save(app: AppContext, call: Request) -> Answer:
    phase = contacts.FORM.find_phase(app, call.person, phase_of(call.view))
    draft = views.read_form(call.view, phase)
    met = app.person(draft.person) if draft.person else None
    contacts.log_contact(app, call.person, phase.key, draft, met, call.request)
    return None


COMMANDS: dict[str, Handler] = {"contacts": show}
ACTIONS: dict[str, Handler] = {views.LOG: open_form}
VIEWS: dict[str, Handler] = {views.LOG: save}
SHORTCUTS: dict[str, Handler] = {views.LOG: open_form}
