"""The command, buttons, forms and the message shortcut for actions."""

from bot.context import AppContext
from bot.services.actions import actions
from bot.views.actions import actions as views
from bot.views.incoming import read_message
from bot.views.text import summary_of
from domain.actions.action_item import TITLE_LIMIT, ActionDraft, ActionKind
from domain.text import shorten
from handlers.request import Answer, OpenModal, Reply, Request, reply


def show(app: AppContext, call: Request) -> Answer:
    return Reply(actions.page(app, call.person, call.channel, (call.value or call.text).split()))


def add(app: AppContext, call: Request) -> Answer:
    """Open the form for a new action, of the ticket or the phase that the button names."""
    return OpenModal(actions.open_add_form(app, call.person, call.value, channel=call.channel))


def improve(app: AppContext, call: Request) -> Answer:
    """Open the form for a process change or a training: the button names kind, phase and title."""
    kind, key, title = (*call.value.split("|", 2), "", "")[:3]
    if kind not in list(ActionKind) or not key:
        return reply(views.OUTDATED)
    return OpenModal(actions.open_add_form(app, call.person, key, title, kind=ActionKind(kind)))


def from_message(app: AppContext, call: Request) -> Answer:
    """Open the form for a new action with the words of a message."""
    title = shorten(summary_of(read_message(call.payload.get("message") or {}).text), TITLE_LIMIT)
    return OpenModal(actions.open_add_form(app, call.person, "", title, call.channel))


def save_new(app: AppContext, call: Request) -> Answer:
    actions.add(app, call.person, views.target_of(call.view), _read(app, call), call.request)
    return None


def edit(app: AppContext, call: Request) -> Answer:
    return OpenModal(actions.open_edit_form(app, call.person, call.number or 0))


def save(app: AppContext, call: Request) -> Answer:
    actions.change(app, call.person, views.action_of(call.view), _read(app, call), call.request)
    return None


def _read(app: AppContext, call: Request) -> ActionDraft:
    """Read the form, and ask Slack now who the owner is if that is not known: a transaction can't."""
    draft = views.read_form(call.view)
    app.person(draft.owner)
    return draft


COMMANDS = {"actions": show}
ACTIONS = {views.LIST: show, views.ADD: add, views.EDIT: edit, views.IMPROVE: improve}
VIEWS = {views.ADD: save_new, views.EDIT: save}
SHORTCUTS = {views.MAKE: from_message}
