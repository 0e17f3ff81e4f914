"""Phases: setting one up from settings or a file, and finding the one that is meant."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from bot.context import AppContext
from bot.settings.errors import error_text
from bot.views.form import InvalidForm
from domain.errors import Refused
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings, PhaseState
from storage.transaction import Transaction

FORM_AREAS = {"modules": "intake"}  # what the form asks that is in the settings of an area


def apply(app: AppContext, settings: PhaseSettings) -> Phase:
    """Make the phase, or change the one with this key; a channel belongs to at most one phase."""
    phase = to_phase(settings)
    with app.transaction() as tx:
        _refuse_taken_channels(tx, phase)
        if tx.phases.by_key(phase.key) != phase:
            tx.audit.log("operator", "phase applied", phase.key, app.now())
        return _save(app, tx, phase)


def start(app: AppContext, settings: PhaseSettings) -> None:
    """What the settings say of a phase, at each start. One that was archived stays so until it is applied again."""
    with app.store.read() as tx:
        known = tx.phases.by_key(settings.key)
    if known is None or known.state is not PhaseState.EXITED:
        apply(app, settings)


def change(app: AppContext, person: Person, phase: Phase, what: str, request: str) -> Phase:
    """Somebody has changed a part of a phase that exists."""
    with app.transaction(request) as tx:
        tx.audit.log(person.id, what, phase.key, app.now())
        return _save(app, tx, phase)


def _save(app: AppContext, tx: Transaction, phase: Phase) -> Phase:
    """The phase as it is from now on; what is open in it is looked at anew when it has changed."""
    known, saved = tx.phases.by_key(phase.key), tx.phases.save(phase)
    if saved.state is PhaseState.EXITED:
        tx.aliases.forget_phase(saved.id)
    app.features.plan(tx, saved, app)
    if known and known != saved:
        for changed in app.features.phase_changes:
            changed(tx, saved, app)
    return saved


def to_phase(settings: PhaseSettings) -> Phase:
    """Return the phase with these settings, not saved yet."""
    return Phase.model_validate(settings.model_dump())


def may_set_up(app: AppContext, person: Person, phase: Phase | None = None) -> None:
    """Admins set up phases, a lead their own; before there is any, whoever comes first. Refused for others."""
    with app.store.read() as tx:
        nobody_yet = not app.admins and not tx.phases.all()
    admin = person.admin or nobody_yet
    if person.foreign or not (admin or (phase is not None and is_lead(person, phase))):
        whom = ", ".join(f"<@{one}>" for one in app.admins) or "the leads of a phase"
        raise Refused(f"Setting up a phase is for {whom}.")


def to_set_up(app: AppContext, person: Person, key: str, channel: str) -> Phase | None:
    """The phase that is meant, for somebody who may change it; None when there is none yet."""
    with app.store.read() as tx:
        every_one = tx.phases.all()
    if key:
        here = [named(app, key)]
    else:
        here = [p for p in every_one if channel in p.channels] or (every_one if len(every_one) == 1 else [])
    if not here:
        return None
    may_set_up(app, person, here[0])
    return here[0]


def set_up(app: AppContext, person: Person, values: Mapping[str, Any], request: str) -> Phase:
    """Make the phase, or change what the form asks of the one with its key; complaints belong to the form's fields."""
    with app.store.read() as tx:
        known = tx.phases.by_key(str(values["key"]))
    may_set_up(app, person, known)
    before = known.settings.model_dump() if known else {}
    try:
        phase = to_phase(PhaseSettings.model_validate(_with_form(before, _with_groups(known, values))))
    except ValidationError as error:
        raise InvalidForm({_form_field(e["loc"]): f"{error_text(e)}." for e in error.errors()}) from None
    with app.transaction(request) as tx:
        _refuse_taken_channels(tx, phase)
        tx.audit.log(person.id, "phase set up", phase.key, app.now())
        return _save(app, tx, phase)


def _with_form(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the values of the form, each in the table of its area."""
    settings = {**before, **{name: value for name, value in values.items() if name not in FORM_AREAS}}
    for name, area in FORM_AREAS.items():
        if name in values:
            settings[area] = {**settings.get(area, {}), name: values[name]}
    return settings


def _form_field(path: Sequence[int | str]) -> str:
    """The form's field to which an error belongs."""
    names = [str(part) for part in path]
    return names[1] if names[0] in FORM_AREAS.values() and len(names) > 1 else names[0]


def _with_groups(known: Phase | None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Slack's forms can choose people only, so the user groups that are named already stay."""
    if known is None:
        return values
    stay = {name: tuple(one for one in getattr(known, name) if one in known.groups) for name in ("leads", "responders")}
    return {**values, **{name: (*values.get(name, ()), *groups) for name, groups in stay.items()}}


def reports_by(app: AppContext, channel: str, emoji: str) -> bool:
    """Whether that reaction reports a message there: the emoji of the channel's phase, or of the only one."""
    with app.store.read() as tx:
        active = [p for p in tx.phases.all() if p.state is PhaseState.ACTIVE]
    here = [p for p in active if channel in p.channels] or active
    return len(here) == 1 and here[0].intake.emoji == emoji.partition("::")[0]


def takes_everything(app: AppContext, channel: str) -> bool:
    """Whether every message there is a report."""
    with app.store.read() as tx:
        return any(p.state is PhaseState.ACTIVE and channel in p.intake.auto_intake for p in tx.phases.all())


def named(app: AppContext, key: str) -> Phase:
    with app.store.read() as tx:
        phase = tx.phases.by_key(key)
    if phase is None:
        raise Refused(f"There is no phase {key.upper()}.")
    return phase


def every(app: AppContext) -> list[Phase]:
    with app.store.read() as tx:
        return tx.phases.all()


def archive(app: AppContext, key: str) -> Phase:
    """The phase is over: it takes no reports, its channels are free, and everything in it stays."""
    with app.transaction() as tx:
        phase = tx.phases.by_key(key)
        if phase is None:
            raise Refused(f"There is no phase {key.upper()}.")
        if phase.state is PhaseState.EXITED:
            return phase
        tx.audit.log("operator", "phase archived", phase.key, app.now())
        return _save(app, tx, phase.model_copy(update={"state": PhaseState.EXITED, "ended_at": app.now()}))


def meant(tx: Transaction, *, channel: str = "") -> list[Phase]:
    """The phases that may be meant there, at least one: that of the channel, or else every active one."""
    active = [p for p in tx.phases.all() if p.state is PhaseState.ACTIVE]
    if not active:
        raise Refused("No hypercare phase is active. An operator can add one with `hypercare phase apply FILE.toml`.")
    return [p for p in active if channel in p.channels] or active


def choose(tx: Transaction, *, channel: str = "", key: str = "") -> Phase:
    """The phase that is meant: by its key, by the channel, or because there is only one."""
    here = meant(tx, channel=channel if not key else "")
    if key:
        found = next((p for p in here if p.key == key.upper()), None)
        if found is None:
            raise Refused(f"There is no active phase {key.upper()}; there is {_names(here)}.")
        return found
    if len(here) > 1:
        raise Refused(f"Which phase do you mean? Put its key first, as in `report {here[0].key} …`: {_names(here)}.")
    return here[0]


def keyed(tx: Transaction, channel: str, words: Sequence[str]) -> tuple[Phase, list[str]]:
    """The phase that is meant by the first word, or there; and the other words."""
    known = {phase.key for phase in meant(tx)}
    if words and words[0].upper() in known:
        return choose(tx, key=words[0]), [*words[1:]]
    return choose(tx, channel=channel), [*words]


def _refuse_taken_channels(tx: Transaction, phase: Phase) -> None:
    for other in tx.phases.all():
        if other.key != phase.key and other.state is not PhaseState.EXITED:
            _refuse_shared(phase, other)


def _refuse_shared(phase: Phase, other: Phase) -> None:
    shared = sorted(phase.channels & other.channels)
    if shared:
        raise Refused(f"{', '.join(shared)} belongs to phase {other.key}; a channel has at most one phase.")


def _names(phases: list[Phase]) -> str:
    return ", ".join(f"{p.key} ({p.name})" for p in phases)
