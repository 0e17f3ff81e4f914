"""`/hypercare sessions`, and the buttons and forms with which sessions are planned and changed."""

from bot.context import AppContext
from bot.services.sessions import notes, sessions
from bot.views.choices import phase_of
from bot.views.sessions import notes as note_views
from bot.views.sessions import sessions as views
from domain.sessions.session import SessionDraft
from handlers.request import Answer, Handler, OpenModal, Reply, Request, UpdateModal


def show(app: AppContext, call: Request) -> Answer:
    return Reply(sessions.page(app, call.person, call.channel, (call.value or call.text).split()))


def plan(app: AppContext, call: Request) -> Answer:
    return OpenModal(sessions.open_plan_form(app, call.person, call.value, call.channel))


def save_new(app: AppContext, call: Request) -> Answer:
    sessions.plan(app, call.person, phase_of(call.view), _read(app, call), call.request)
    return None


def edit(app: AppContext, call: Request) -> Answer:
    return OpenModal(sessions.open_edit_form(app, call.person, call.number or 0))


def save(app: AppContext, call: Request) -> Answer:
    sessions.change(app, call.person, views.session_of(call.view), _read(app, call), call.request)
    return None


def write_notes(app: AppContext, call: Request) -> Answer:
    return OpenModal(notes.open_form(app, call.person, call.number or 0))


def typing(app: AppContext, call: Request) -> Answer:
    """Show what the notes typed so far become; redraw only when that changes."""
    text, present = note_views.draft_of(call.view)
    drawn = notes.preview(app, call.person, views.session_of(call.view), text, present)
    if note_views.preview_of(drawn) == note_views.preview_of(call.view):
        return None
    return UpdateModal(drawn, quietly=True)


def file_notes(app: AppContext, call: Request) -> Answer:
    text, present = note_views.read_form(call.view)
    for one in present:
        app.person(one)
    notes.file_notes(app, call.person, views.session_of(call.view), text, present, call.request)
    return None


def show_items(app: AppContext, call: Request) -> Answer:
    return Reply(notes.show(app, call.person, call.number or 0))


def _read(app: AppContext, call: Request) -> SessionDraft:
    """Read the form, and ask Slack now who the people are if that is not known: a transaction can't."""
    draft = views.read_form(call.view, sessions.find_phase(app, call.person, phase_of(call.view)))
    for one in (draft.host, *draft.participants):
        app.person(one)
    return draft


COMMANDS: dict[str, Handler] = {"sessions": show}
ACTIONS: dict[str, Handler] = {
    views.LIST: show, views.PLAN: plan, views.EDIT: edit, views.NOTES: write_notes, note_views.TEXT.id: typing,
    views.ITEMS: show_items,
}  # fmt: skip
VIEWS: dict[str, Handler] = {views.PLAN: save_new, views.EDIT: save, views.NOTES: file_notes}
