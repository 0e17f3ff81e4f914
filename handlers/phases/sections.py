"""`/hypercare phase`: what is set up for a phase, and changing it section by section."""

import json
from typing import Any

from bot.context import AppContext
from bot.services.automation import overview
from bot.services.learning import lessons
from bot.services.oncall import rota_changes
from bot.services.phases import changes
from bot.views import form
from bot.views.form import InvalidForm, Values
from bot.views.phases import sections as views
from bot.views.phases import starting
from bot.views.phases.oncall import change_lines
from domain.errors import Refused
from domain.phases.phase import Phase
from handlers.request import Answer, OpenModal, Reply, Request, reply
from storage.transaction import Transaction

MAX_CARRIED = 2900  # characters that a form can carry; Slack takes 3,000


def phase(app: AppContext, call: Request) -> Answer:
    """Show the phase with that key or of this channel."""
    found = changes.find(app, call.person, call.text.strip().upper(), call.channel)
    return Reply(views.phase_page(found, *changes.count_reports(app, found)))


def open_section(app: AppContext, call: Request) -> Answer:
    """Open the form of a section: `dates:PAY`."""
    name, _, key = call.value.rpartition(":")
    found = changes.find(app, call.person, key, call.channel)
    try:
        return OpenModal(views.section_form(name, found))
    except InvalidForm:
        return reply("This button is out of date. Type `/hypercare phase` again.")


def submit(app: AppContext, call: Request) -> Answer:
    """Show what would change; save at once what is too long to be carried by a form."""
    key, name = views.section_of(call.view)
    values = views.read_section(call.view, changes.find(app, call.person, key, call.channel))
    before, after = changes.preview(app, call.person, key, name, values)
    lines = views.changes(name, before, after)
    if not lines:
        raise Refused("Nothing was changed. Change a field, or close this form.")
    state = _without_labels((call.view.get("state") or {}).get("values") or {})
    # Only what was changed here is saved, so that two leads can change one section.
    changed = {field: state[field] for field in views.changed_fields(name, before, after) if field in state}
    carried = {"phase": key, "section": name, "state": changed}
    if len(json.dumps(carried, ensure_ascii=False)) > MAX_CARRIED:
        return _saved(app, call, key, name, values)
    follows = [*_shifts(app, before, after), *overview.preview(app, call.person, name, before, after)]
    return OpenModal(views.confirm_form(name, before, lines, follows, carried))


def _without_labels(value: Any) -> Any:
    """Return the state of a form without the labels of chosen options, which no one reads and which are long."""
    if isinstance(value, list):
        return [_without_labels(one) for one in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("text"), dict) and "value" in value:
        return {"value": value["value"]}
    return {name: _without_labels(one) for name, one in value.items()}


def confirmed(app: AppContext, call: Request) -> Answer:
    """Save what was shown."""
    data = form.metadata(call.view)
    shown = {"private_metadata": call.view.get("private_metadata"), "state": {"values": data.get("state")}}
    key, name = views.section_of(shown)
    values = views.read_section(shown, changes.find(app, call.person, key, call.channel))
    return _saved(app, call, key, name, values)


def _saved(app: AppContext, call: Request, key: str, name: str, values: Values) -> Answer:
    def keep(tx: Transaction, before: Phase, after: Phase) -> None:
        rota_changes.keep_who_is_on_call(app, tx, call.person, before, after)

    before, after = changes.save(app, call.person, key, name, values, call.request, keep)
    missing = app.enter_channels((after.channels | after.automation.channels) - before.channels)
    return OpenModal(views.saved(after, views.changes(name, before, after), missing))


def _shifts(app: AppContext, before: Phase, after: Phase) -> list[tuple[str, str]]:
    """Return who will be on call instead of whom, below its heading."""
    found = rota_changes.preview(app, before, after)
    lines = [line for one in found for line in change_lines(one.rota, one.changes, one.kept)]
    return [("Who is on call in the next four weeks:", "\n".join(lines))] if lines else []


def start(app: AppContext, call: Request) -> Answer:
    """Open the form with what has to be decided before a phase takes reports."""
    found = changes.find_planned(app, call.person, call.value)
    return OpenModal(starting.start_form(found, app.enter_channels(found.channels)))


def started(app: AppContext, call: Request) -> Answer:
    key = form.word(call.view, "phase")
    values = starting.read_start(call.view, changes.find_planned(app, call.person, key))
    # After a setup the form stands in its view, whose request is used up.
    done = changes.start(app, call.person, key, values, f"{call.request}:start")
    return OpenModal(starting.started(done, lessons.list_offers(app, call.person, done)))


def end(app: AppContext, call: Request) -> Answer:
    found = changes.find(app, call.person, call.value, call.channel)
    return OpenModal(views.end_form(found, changes.count_open(app, found)))


def ended(app: AppContext, call: Request) -> Answer:
    done = changes.end(app, call.person, str(form.metadata(call.view).get("phase") or ""), call.request)
    return OpenModal(form.notice("Ended", f"{done.name} has ended. All its tickets are kept."))


COMMANDS = {"phase": phase}
ACTIONS = {views.SECTION: open_section, starting.CALLBACK: start, "phase_end": end}
VIEWS = {views.SECTION: submit, views.CONFIRM: confirmed, starting.CALLBACK: started, "phase_end": ended}
