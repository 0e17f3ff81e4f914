"""Set up phases from settings, files and the form in Slack, and find the phase that a request is about."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import structlog
from pydantic import ValidationError

from bot.context import AppContext
from bot.settings.errors import error_text
from bot.views.form import InvalidForm
from bot.views.phases.channels import no_access
from domain import typed
from domain.errors import Refused
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings, PhaseState
from storage.transaction import Transaction

log = structlog.get_logger()
AREA_OF_FORM_FIELD = {"modules": "intake"}  # fields of the setup form that belong to an area's settings


def apply_settings(app: AppContext, settings: PhaseSettings) -> Phase:
    """Add the phase or change the one with its key. Refused when a channel belongs to another phase."""
    with app.transaction() as tx:
        phase = _with_moved_channels(tx, to_phase(settings))
        refuse_taken_channels(tx, phase)
        if tx.phases.find_by_key(phase.key) != phase:
            tx.audit.log("operator", "phase applied", phase.key, app.now())
        saved = save_in(app, tx, phase)
        tx.phases.save_applied_file(phase.key, _digest(settings))
        return saved


def _with_moved_channels(tx: Transaction, phase: Phase) -> Phase:
    """Return the phase with the present ids of channels that Slack has given another one."""
    moved = tx.phases.get_moved_channels()
    text = phase.model_dump_json(include=set(PhaseSettings.model_fields)) if moved else ""
    if not any(f'"{old}"' in text for old in moved):
        return phase
    for old, new in moved.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return Phase.model_validate({**phase.model_dump(), **json.loads(text)})


def apply_at_start(app: AppContext, settings: PhaseSettings) -> None:
    """Apply the phase of the settings file at start if the file has changed since, unless the phase was archived.

    What was changed in Slack stays, and is logged as a difference. Refused when an active phase has a channel to which
    messages can't be written.
    """
    with app.store.read() as tx:
        known, applied = tx.phases.find_by_key(settings.key), tx.phases.find_applied_file(settings.key)
        differs = _differences(tx, known, settings)
        wanted = _with_moved_channels(tx, to_phase(settings))
    if known is not None and known.state is PhaseState.EXITED:
        return
    if known is not None and applied == _digest(settings):
        if differs:
            log.warning("phase_differs_from_file", phase=known.key, settings=differs)
        return
    if wanted.is_active:
        require_access(app, wanted, str)
    apply_settings(app, settings)
    if differs:
        log.info("phase_file_applied", phase=settings.key, settings=differs)


def require_access(app: AppContext, phase: Phase, name: Callable[[str], str]) -> None:
    """Join the channels of a phase; refused when it can't write to one of them. `name` is how the reader knows one."""
    missing = app.enter_channels(phase.channels)
    refused = [no_access(access, name(channel)) for channel, access in missing.items() if access.is_refusal]
    if refused:
        raise Refused(f"{phase.key} can't start. {' '.join(refused)} Then start it again.")
    if missing:
        log.warning("channels_not_checked", phase=phase.key, channels=sorted(missing))


def _digest(settings: PhaseSettings) -> str:
    return sha256(settings.model_dump_json().encode()).hexdigest()


def differences(tx: Transaction, settings: PhaseSettings) -> list[str]:
    """Return the names of the settings in which the phase of that key is not as a file says; none without a phase."""
    return _differences(tx, tx.phases.find_by_key(settings.key), settings)


def _differences(tx: Transaction, known: Phase | None, settings: PhaseSettings) -> list[str]:
    if known is None:
        return []
    wanted = _with_moved_channels(tx, to_phase(settings))
    return [name for name in PhaseSettings.model_fields if getattr(known, name) != getattr(wanted, name)]


def do_nothing_else(*_args: object) -> None:
    """Add nothing to a change of a phase."""


def save_change(
    app: AppContext, person: Person, phase: Phase, what: str, request: str,
    also: Callable[[Transaction], None] = do_nothing_else,
) -> Phase:  # fmt: skip
    """Save a phase that a person changed in Slack; `what` is the entry in the audit log, `also` is done with it."""
    with app.transaction(request) as tx:
        tx.audit.log(person.id, what, phase.key, app.now())
        also(tx)
        return save_in(app, tx, phase)


def save_in(app: AppContext, tx: Transaction, phase: Phase) -> Phase:
    """Save the phase, plan its timers, and update what depends on its settings if they changed."""
    # A form that was opened before Slack gave a channel another id still names the old one.
    known, saved = tx.phases.find_by_key(phase.key), tx.phases.save(_with_moved_channels(tx, phase))
    if saved.state is PhaseState.EXITED:
        tx.aliases.delete_of_phase(saved.id)
    app.features.plan(tx, saved, app)
    if known and known != saved:
        for changed in app.features.phase_changes:
            changed(tx, saved, app)
    return saved


def to_phase(settings: PhaseSettings) -> Phase:
    """Return the phase with these settings, not saved yet."""
    return Phase.model_validate(settings.model_dump())


def may_set_up(person: Person, phase: Phase | None = None) -> bool:
    """Return whether a person may set up a phase: admins of the app or of the workspace may, and leads their own."""
    return person.administers or (phase is not None and is_lead(person, phase))


def require_may_set_up(app: AppContext, person: Person, phase: Phase | None = None) -> None:
    """Refuse people who may not set up a phase."""
    if not may_set_up(person, phase):
        if phase is not None:
            raise Refused(f"Only admins and leads can see and change the settings of {phase.name}.")
        if app.admins:
            raise Refused("Only admins can create a phase. Ask {admins} or a workspace admin.", admins=app.admins)
        raise Refused("Only admins can create a phase. Ask an admin or an owner of this workspace.")


def find_phase_to_set_up(app: AppContext, person: Person, key: str, channel: str) -> Phase | None:
    """Return the phase with that key or of that channel, for a person who may change it; None if there is none yet."""
    with app.store.read() as tx:
        known = tx.phases.list_phases()
    if key:
        here = [get_phase(app, key)]
    else:
        here = [p for p in known if channel in p.channels] or (known if len(known) == 1 else [])
    if not here:
        return None
    require_may_set_up(app, person, here[0])
    return here[0]


def set_up(app: AppContext, person: Person, values: Mapping[str, Any], request: str) -> Phase:
    """Add the phase, or change the one with its key. InvalidForm names the error of each field."""
    with app.store.read() as tx:
        known = tx.phases.find_by_key(str(values["key"]))
    require_may_set_up(app, person, known)
    before = known.settings.model_dump() if known else {"state": PhaseState.PLANNED}
    try:
        phase = to_phase(PhaseSettings.model_validate(_with_form(before, _with_groups(known, values))))
    except ValidationError as error:
        raise InvalidForm({_form_field(e["loc"]): f"{error_text(e)}." for e in error.errors()}) from None
    with app.transaction(request) as tx:
        refuse_taken_channels(tx, phase)
        tx.audit.log(person.id, "phase set up", phase.key, app.now())
        return save_in(app, tx, phase)


def _with_form(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the values of the form, each in the table of its area."""
    settings = {**before, **{name: value for name, value in values.items() if name not in AREA_OF_FORM_FIELD}}
    for name, area in AREA_OF_FORM_FIELD.items():
        if name in values:
            settings[area] = {**settings.get(area, {}), name: values[name]}
    return settings


def _form_field(path: Sequence[int | str]) -> str:
    """Return the form field of an error."""
    names = [str(part) for part in path]
    return names[1] if names[0] in AREA_OF_FORM_FIELD.values() and len(names) > 1 else names[0]


def _with_groups(known: Phase | None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values with the user groups the phase has already, since Slack's forms can only choose people."""
    if known is None:
        return values
    stay = {name: tuple(one for one in getattr(known, name) if one in known.groups) for name in ("leads", "responders")}
    return {**values, **{name: (*values.get(name, ()), *groups) for name, groups in stay.items()}}


def is_report_emoji(app: AppContext, channel: str, emoji: str) -> bool:
    """Return whether that emoji reports a message in that channel: it is the one of the channel's or the only phase."""
    with app.store.read() as tx:
        active = [p for p in tx.phases.list_phases() if p.state is PhaseState.ACTIVE]
    here = [p for p in active if channel in p.channels] or active
    return len(here) == 1 and here[0].intake.emoji == typed.emoji(emoji)


def is_auto_intake_channel(app: AppContext, channel: str) -> bool:
    """Return whether every message in that channel is a report."""
    with app.store.read() as tx:
        return any(p.state is PhaseState.ACTIVE and channel in p.intake.auto_intake for p in tx.phases.list_phases())


def takes_app_posts(app: AppContext, channel: str) -> bool:
    """Return whether posts of other apps may become tickets in that channel, by its phase or the only one."""
    with app.store.read() as tx:
        here = phases_at(tx, channel=channel)
    return len(here) == 1 and here[0].intake.app_posts


def get_phase(app: AppContext, key: str) -> Phase:
    with app.store.read() as tx:
        phase = tx.phases.find_by_key(key)
    if phase is None:
        raise Refused(f"There is no phase {key.upper()}.")
    return phase


def list_phases(app: AppContext) -> list[Phase]:
    with app.store.read() as tx:
        return tx.phases.list_phases()


def add_holidays_in(app: AppContext, tx: Transaction, phase: Phase, days: Iterable[date], by: str) -> Phase:
    """Add days off to those of a phase, so that its working time leaves them out from now on."""
    known = phase.sla.holidays
    sla = phase.sla.model_copy(update={"holidays": tuple(sorted({*known, *days}))})
    tx.audit.log(by, "holidays added", phase.key, app.now())
    return save_in(app, tx, phase.model_copy(update={"sla": sla}))


def add_holidays(app: AppContext, key: str, days: Iterable[date]) -> Phase:
    """Add days off to those of a phase, as an operator."""
    with app.transaction() as tx:
        return add_holidays_in(app, tx, choose_phase(tx, key=key.upper()), days, "operator")


def archive(app: AppContext, key: str, by: str = "operator", request: str | None = None) -> Phase:
    """End the phase: it takes no reports any more and its channels are free, but all its tickets stay."""
    with app.transaction(request) as tx:
        phase = tx.phases.find_by_key(key)
        if phase is None:
            raise Refused(f"There is no phase {key.upper()}.")
        if phase.state is PhaseState.EXITED:
            return phase
        tx.audit.log(by, "phase archived", phase.key, app.now())
        return save_in(app, tx, phase.model_copy(update={"state": PhaseState.EXITED, "ended_at": app.now()}))


def phases_at(tx: Transaction, *, channel: str = "") -> list[Phase]:
    """Return the active phases of that channel, or all active ones if it has none. Refused when no phase is active."""
    active = [p for p in tx.phases.list_phases() if p.state is PhaseState.ACTIVE]
    if not active:
        raise Refused("No phase is active. Start one with `/hypercare setup`, or ask an admin to.")
    return [p for p in active if channel in p.channels] or active


def choose_phase(tx: Transaction, *, channel: str = "", key: str = "") -> Phase:
    """Return the phase with that key, or of that channel, or the only one. Refused when it is not clear which."""
    named = tx.phases.find_by_key(key) if key else None
    if named and named.state is PhaseState.ACTIVE:  # without reading all the others
        return named
    here = phases_at(tx, channel=channel if not key else "")
    if key:
        raise Refused(f"There is no active phase {key.upper()}. Active: {_names(here)}.")
    if len(here) > 1:
        raise Refused(f"Several phases are active. Put the key first, as in `report {here[0].key} …`: {_names(here)}.")
    return here[0]


def split_off_phase(tx: Transaction, channel: str, words: Sequence[str]) -> tuple[Phase, list[str]]:
    """Return the phase whose key is the first word, or else that of the channel, and the other words."""
    known = {phase.key for phase in phases_at(tx)}
    if words and words[0].upper() in known:
        return choose_phase(tx, key=words[0]), [*words[1:]]
    return choose_phase(tx, channel=channel), [*words]


def choose_known_phase(tx: Transaction, *, key: str = "", channel: str = "") -> Phase:
    """Like choose_phase; finds ended phases by their key too, and the one that ended last when no phase is active."""
    known = tx.phases.list_phases()
    ended = sorted((one for one in known if one.ended_at), key=lambda one: str(one.ended_at))
    named = next((one for one in ended if one.key == key.upper()), None)
    if named:
        return named
    if not key and ended and not any(one.is_active for one in known):
        return ended[-1]
    return choose_phase(tx, key=key) if key else choose_phase(tx, channel=channel)


def split_off_known_phase(tx: Transaction, channel: str, words: Sequence[str]) -> tuple[Phase, list[str]]:
    """Like split_off_phase; finds ended phases as choose_known_phase does."""
    keys = {one.key for one in tx.phases.list_phases() if one.is_active or one.ended_at}
    if words and words[0].upper() in keys:
        return choose_known_phase(tx, key=words[0]), [*words[1:]]
    return choose_known_phase(tx, channel=channel), [*words]


def refuse_taken_channels(tx: Transaction, phase: Phase) -> None:
    """Refuse a phase whose channels belong to another one."""
    for other in tx.phases.list_phases():
        if other.key != phase.key and other.state is not PhaseState.EXITED:
            _refuse_shared(phase, other)


def _refuse_shared(phase: Phase, other: Phase) -> None:
    shared = sorted(phase.channels & other.channels)
    if shared:
        raise Refused(f"{', '.join(shared)} belongs to phase {other.key}. Choose another channel.")


def _names(phases: list[Phase]) -> str:
    return ", ".join(f"{p.key} ({p.name})" for p in phases)
