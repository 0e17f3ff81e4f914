"""Phases: setting one up from settings or a file, and finding the one that is meant."""

from dataclasses import replace

from bot.desk import Desk
from bot.phase_file import GROUP, PhaseFile
from domain.errors import Refused
from domain.phase import CustomField, Phase, PhaseState, Use
from storage.store import Tx


def apply(desk: Desk, file: PhaseFile) -> Phase:
    """Make the phase, or change the one with this key; a channel belongs to at most one phase."""
    phase = to_phase(file)
    with desk.transaction() as tx:
        for other in tx.phases.all():
            if other.key != phase.key and other.state is not PhaseState.EXITED:
                _refuse_shared(phase, other)
        return tx.phases.save(phase)


def to_phase(file: PhaseFile) -> Phase:
    """What the file says, with people told from user groups."""
    values = {name: getattr(file, name) for name in PhaseFile.model_fields}
    for name in ("leads", "responders"):
        given: tuple[str, ...] = values[name]
        values[name] = tuple(one for one in given if not GROUP.match(one))
        values[f"{name[:-1]}_groups"] = tuple(one for one in given if GROUP.match(one))
    values["custom_fields"] = tuple(CustomField(**field.model_dump()) for field in file.custom_fields)
    values["fields"] = {name: Use(use) for name, use in file.fields.items()}
    return Phase(**{**values, "system": file.system or file.name, "state": PhaseState(file.state)})


def to_file(phase: Phase) -> PhaseFile:
    """The same as an operator would write it."""
    values = {name: getattr(phase, name) for name in PhaseFile.model_fields}
    values |= {"leads": (*phase.leads, *phase.lead_groups), "responders": (*phase.responders, *phase.responder_groups)}
    values |= {"state": "active" if phase.state is PhaseState.ACTIVE else "planned",
               "system": "" if phase.system == phase.name else phase.system}  # fmt: skip
    values["custom_fields"] = [{"id": f.id, "label": f.label, "options": f.options, "required": f.required}
                               for f in phase.custom_fields]  # fmt: skip
    return PhaseFile.model_validate(values)


def reports_by(desk: Desk, channel: str, emoji: str) -> bool:
    """Whether that reaction reports a message there: the emoji of the channel's phase, or of the only one."""
    with desk.store.read() as tx:
        active = [p for p in tx.phases.all() if p.state is PhaseState.ACTIVE]
    here = [p for p in active if channel in p.channels] or active
    return len(here) == 1 and here[0].emoji == emoji.partition("::")[0]


def takes_everything(desk: Desk, channel: str) -> bool:
    """Whether every message there is a report."""
    with desk.store.read() as tx:
        return any(p.state is PhaseState.ACTIVE and channel in p.auto_intake for p in tx.phases.all())


def named(desk: Desk, key: str) -> Phase:
    with desk.store.read() as tx:
        phase = tx.phases.by_key(key)
    if phase is None:
        raise Refused(f"There is no phase {key.upper()}.")
    return phase


def every(desk: Desk) -> list[Phase]:
    with desk.store.read() as tx:
        return tx.phases.all()


def archive(desk: Desk, key: str) -> Phase:
    """The phase is over: it takes no reports, its channels are free, and everything in it stays."""
    with desk.transaction() as tx:
        phase = tx.phases.by_key(key)
        if phase is None:
            raise Refused(f"There is no phase {key.upper()}.")
        return tx.phases.save(replace(phase, state=PhaseState.EXITED))


def choose(tx: Tx, *, channel: str = "", key: str = "") -> Phase:
    """The phase that is meant: by its key, by the channel, or because there is only one."""
    active = [p for p in tx.phases.all() if p.state is PhaseState.ACTIVE]
    if not active:
        raise Refused("No hypercare phase is active. An operator can add one with `hypercare phase apply FILE.toml`.")
    if key:
        found = next((p for p in active if p.key == key.upper()), None)
        if found is None:
            raise Refused(f"There is no active phase {key.upper()}; there is {_names(active)}.")
        return found
    here = [p for p in active if channel in p.channels] or active
    if len(here) > 1:
        raise Refused(f"Which phase do you mean? Put its key first, as in `report {here[0].key} …`: {_names(here)}.")
    return here[0]


def _refuse_shared(phase: Phase, other: Phase) -> None:
    shared = sorted(phase.channels & other.channels)
    if shared:
        raise Refused(f"{', '.join(shared)} belongs to phase {other.key}; a channel has at most one phase.")


def _names(phases: list[Phase]) -> str:
    return ", ".join(f"{p.key} ({p.name})" for p in phases)
