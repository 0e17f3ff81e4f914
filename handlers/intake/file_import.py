"""Import a file from a direct message: the offer, the form, and the decision after what it would do was read."""

from bot.context import AppContext
from bot.services.intake import file_imports
from bot.views import form
from bot.views.incoming import IncomingMessage
from bot.views.intake import file_import as views
from domain.errors import Refused
from domain.intake.file_import import FileKind, kind_of_file
from handlers.request import Answer, OpenModal, Reply, Request

NOT_A_FILE = "I can't read this button any more. Send the file to me again."
NO_PHASE = "Only leads of an active phase can import files."


def offer(app: AppContext, call: Request, said: IncomingMessage) -> Answer:
    """Offer a lead to import the file of a direct message; None where it is a report like any other."""
    kind = kind_of_file(said.files[0].name) if len(said.files) == 1 else None
    if kind is None or not file_imports.list_phases(app, call.person):
        return None
    return Reply(views.offer(said.files[0], kind, call.channel, str(call.payload.get("ts") or "")))


def open_form(app: AppContext, call: Request) -> Answer:
    file, name = views.file_of(call.value)
    kind = _kind(name)
    found = file_imports.list_phases(app, call.person)
    if not found:
        raise Refused(NO_PHASE)
    return OpenModal(views.import_form(file, name, kind, found, call.person.id))


def submit(app: AppContext, call: Request) -> Answer:
    file, name = views.file_in(call.view)
    kind = _kind(name)
    found = file_imports.list_phases(app, call.person)
    if not found:
        raise Refused(NO_PHASE)
    choice = views.read_import_form(call.view, kind, found)
    file_imports.request_import(app, call.person, (file, name), kind, choice, call.request)
    return OpenModal(form.notice("Import a file", "I'm reading the file. I'll show what would change in our direct "
                                                  "messages."))  # fmt: skip


def start(app: AppContext, call: Request) -> Answer:
    file_imports.start(app, call.person, call.number or 0, call.request)
    return None


def cancel(app: AppContext, call: Request) -> Answer:
    file_imports.cancel(app, call.person, call.number or 0, call.request)
    return None


def _kind(name: str) -> FileKind:
    kind = kind_of_file(name)
    if kind is None:
        raise Refused(NOT_A_FILE)
    return kind


ACTIONS = {views.OPEN: open_form, views.START: start, views.CANCEL: cancel}
VIEWS = {views.CALLBACK: submit}
