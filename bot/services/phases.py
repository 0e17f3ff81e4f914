"""Phases: setting one up from settings or a file, and finding the one that is meant."""

from bot.config import PhaseFile
from bot.desk import Desk
from domain.errors import Refused
from domain.phase import Phase, PhaseState
from storage.store import Tx


def apply(desk: Desk, file: PhaseFile) -> Phase:
    """Make the phase, or change the one with this key; a channel belongs to at most one phase."""
    values = file.model_dump()
    phase = Phase(**{**values, "system": file.system or file.name})
    with desk.transaction() as tx:
        for other in tx.phases.all():
            if other.key != phase.key and other.state is not PhaseState.EXITED:
                _refuse_shared(phase, other)
        return tx.phases.save(phase)


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
