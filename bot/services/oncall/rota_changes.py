"""Changes of rotas in Slack: who will be on call instead of whom, and who stays until their shift ends."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.context import AppContext
from bot.services.oncall import shifts
from domain.oncall import paging
from domain.oncall.rota import RotaSchedule, ShiftChange, ShiftOverride, compare
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RotaChange:
    """What changes of a rota in the next four weeks; `kept` is the shift of a person who stays although it changes."""

    rota: str
    changes: list[ShiftChange]
    kept: ShiftChange | None


def preview(app: AppContext, before: Phase, after: Phase) -> list[RotaChange]:
    """Return what changes of each rota that is in the phase before or after."""
    with app.store.read() as tx:
        return [*_changes(app, tx, before, after)]


def keep_who_is_on_call(app: AppContext, tx: Transaction, person: Person, before: Phase, after: Phase) -> None:
    """Let everyone who is on call stay so until their shift ends, for rotas that another person would take over."""
    now = app.now()
    for change in _changes(app, tx, before, after):
        if change.kept:
            override = ShiftOverride(person=change.kept.before, starts=now, ends=change.kept.ends)
            tx.overrides.insert(after.id, change.rota, override, by=person.id, pair="", at=now, agreed=True)


def _changes(app: AppContext, tx: Transaction, before: Phase, after: Phase) -> Iterator[RotaChange]:
    now = app.now()
    agreed = tx.overrides.list_agreed(before.id, now)
    for rota in after.oncall.rotas:
        old, new = _schedule(before, rota.name, agreed), _schedule(after, rota.name, agreed)
        if old is None or new is None or (old.rota, old.zone, old.roster) == (new.rota, new.zone, new.roster):
            continue
        shift = shifts.current_shift(old, now)
        on_now, kept = shift.on_call.person, None
        if on_now and new.at(now).person != on_now:
            kept = ShiftChange(now, shift.ends, on_now, new.at(now).person)
            stays = ShiftOverride(person=on_now, starts=now, ends=shift.ends)
            new = replace(new, overrides=(*new.overrides, stays))
        yield RotaChange(rota.name, compare(old, new, now, now + shifts.SHOWN_AHEAD), kept)


def _schedule(phase: Phase, name: str, agreed: paging.OverridesByRota) -> RotaSchedule | None:
    known = name in [one.name for one in phase.oncall.rotas]
    return paging.rota_schedule(phase, name, agreed) if known else None
