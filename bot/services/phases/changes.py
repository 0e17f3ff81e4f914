"""Change a phase in Slack section by section: what would change is shown, then it is saved; and start or end it."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from bot.context import AppContext
from bot.services.phases import phases
from bot.settings.errors import error_text
from bot.views.form import InvalidForm, Values
from bot.views.phases.section import Section
from bot.views.phases.sections import find_section, put_values
from bot.views.phases.starting import start_section
from bot.views.text import address
from domain.errors import Refused
from domain.exit.watch import WATCH
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings, PhaseState
from domain.tickets.filters import Filter
from storage.tickets.lists import ListReader
from storage.transaction import Transaction


def find(app: AppContext, person: Person, key: str, channel: str) -> Phase:
    """Return the phase with that key or of that channel, for a person who may change it."""
    found = phases.find_phase_to_set_up(app, person, key, channel)
    if found is None:
        raise Refused(
            "Which phase do you mean? Add its key, as in `/hypercare phase PAY`, or create one with `/hypercare setup`."
        )
    return found


def count_reports(app: AppContext, phase: Phase) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return how many reports came in by each way, most first, and from each channel."""
    with app.store.read() as tx:
        return tx.tickets.count_by_intake(phase.id), tx.tickets.count_by_channel(phase.id)


def count_open(app: AppContext, phase: Phase) -> int:
    with app.store.read() as tx:
        return tx.lists.count_tickets(Filter(), [phase], ListReader(id="", leads=(phase.id,)), app.now())


def preview(app: AppContext, person: Person, key: str, section: str, values: Values) -> tuple[Phase, Phase]:
    """Return the phase as it is, and as it would be; InvalidForm names the error of each field."""
    before = phases.get_phase(app, key)
    phases.require_may_set_up(app, person, before)
    return _with_values(before, find_section(section, before), values)


def _with_values(before: Phase, found: Section, values: Values) -> tuple[Phase, Phase]:
    """Return the phase as it is, and with the values of a section's form; InvalidForm names the error of each field."""
    tree: dict[str, Any] = before.settings.model_dump(mode="json")
    put_values(found, tree, values)
    try:
        after = PhaseSettings.model_validate(tree)
    except ValidationError as error:
        raise InvalidForm({found.field_of(e["loc"]): f"{error_text(e)}." for e in error.errors()}) from None
    kept = {"state": before.state, "ended_at": before.ended_at, "id": before.id, "members": before.members}
    return before, Phase.model_validate({**after.model_dump(), **kept})


def save(
    app: AppContext, person: Person, key: str, section: str, values: Values, request: str,
    also: Callable[[Transaction, Phase, Phase], None] = phases.do_nothing_else,
) -> tuple[Phase, Phase]:  # fmt: skip
    """Save the change, and what `also` does with the phase before and after in the same transaction; return both.

    Refused when a channel belongs to another phase.
    """
    before, after = preview(app, person, key, section, values)

    def with_it(tx: Transaction) -> None:
        phases.refuse_taken_channels(tx, after)
        also(tx, before, after)

    return before, phases.save_change(app, person, after, f"phase changed: {section}", request, with_it)


def find_planned(app: AppContext, person: Person, key: str) -> Phase:
    """Return a phase that was not started yet, for a person who may start it."""
    phase = phases.get_phase(app, key)
    phases.require_may_set_up(app, person, phase)
    if phase.state is PhaseState.EXITED:
        raise Refused(f"{phase.name} has already ended. To begin anew, type `/hypercare setup new`.")
    if phase.state is PhaseState.ACTIVE:
        raise Refused(f"{phase.name} was started already, and people can report.")
    return phase


def start(app: AppContext, person: Person, key: str, values: Values, request: str) -> Phase:
    """Start a planned phase with what was decided: it takes reports from now on.

    Refused when it can't write to its channels. InvalidForm names the error of each field.
    """
    phase = find_planned(app, person, key)
    _, planned = _with_values(phase, start_section(phase), values)
    phases.require_access(app, planned, address)
    active = planned.model_copy(update={"state": PhaseState.ACTIVE})
    return phases.save_change(app, person, active, "phase started", request)


def reopen_in(app: AppContext, tx: Transaction, phase: Phase, by: str) -> Phase:
    """Open a phase again that has ended lately, with the team, channels and rotas that it had."""
    if phase.state is not PhaseState.EXITED:
        raise Refused(f"{phase.name} is {phase.state.value}, so there's nothing to reopen.")
    if phase.ended_at is None or app.now() - phase.ended_at > WATCH:
        raise Refused(f"{phase.name} ended more than {WATCH.days} days ago. Set up a new phase instead.")
    phases.refuse_taken_channels(tx, phase)
    active = phase.model_copy(update={"state": PhaseState.ACTIVE, "ended_at": None})
    tx.audit.log(by, "phase reopened", phase.key, app.now())
    return phases.save_in(app, tx, active)


def end(app: AppContext, person: Person, key: str, request: str) -> Phase:
    """End a phase, which has not ended yet."""
    phase = phases.get_phase(app, key)
    phases.require_may_set_up(app, person, phase)
    if phase.state is PhaseState.EXITED:
        raise Refused(f"{phase.name} has already ended.")
    return phases.archive(app, phase.key, person.id, request)
