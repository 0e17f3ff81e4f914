"""When everything that a phase plans comes next: shifts, looks at its load, notes, digests and pulses."""

from datetime import time, timedelta

from bot.context import AppContext
from bot.services.oncall import capacity, shifts
from domain.phases.phase import Phase, PhaseState
from domain.pulse.pulse import Occasion, Pulse, with_template_defaults
from domain.pulse.wave import BUDGET_WINDOW
from domain.reporting.digest import DigestFrequency
from domain.schedule import Schedule
from storage.transaction import Transaction

PULSE, DIGEST, NOTE = "pulse", "digest", "note"
CATCH_UP = timedelta(hours=12)


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Set the timers of a phase, while it is active."""
    tx.timers.cancel(f"late:{phase.id}")  # a list of its own, in releases before there were digests
    shifts.plan(tx, phase, app)
    capacity.plan(tx, phase, app)
    _set(tx, phase, app, NOTE, "weekly", _weekly(phase))
    for rhythm in phase.rhythms:
        wanted = rhythm.plan if rhythm.digest.every is not DigestFrequency.NEVER else None
        _set(tx, phase, app, DIGEST, rhythm.digest.name, wanted)
    for pulse in map(with_template_defaults, phase.pulses):
        _set(tx, phase, app, PULSE, pulse.name, _when(phase, pulse))


def key_of(kind: str, phase: Phase, name: str) -> str:
    """Of the timer of a phase's digest or pulse of that name."""
    return f"{kind}:{phase.id}:{name}"


def _set(tx: Transaction, phase: Phase, app: AppContext, kind: str, name: str, wanted: Schedule | None) -> None:
    key = key_of(kind, phase, name)
    if wanted and phase.state is PhaseState.ACTIVE:
        tx.timers.plan(key, kind, wanted, app.now(), data={"phase": phase.id, kind: name})
    else:
        tx.timers.cancel(key)


def _weekly(phase: Phase) -> Schedule | None:
    """Of the note to reporters."""
    if phase.note == "never":
        return None
    day, at = phase.note.split()
    return Schedule.weekly((day,), time.fromisoformat(at), phase.timezone, CATCH_UP)


def _when(phase: Phase, pulse: Pulse) -> Schedule | None:
    at = time.fromisoformat(pulse.at)
    if pulse.occasion is Occasion.SCHEDULE:
        return Schedule(at=at, zone=phase.timezone, days=pulse.days, catch_up=CATCH_UP)
    if pulse.occasion is Occasion.END and phase.planned_end:
        return Schedule(
            at=at, zone=phase.timezone, days="FREQ=DAILY;COUNT=1", since=phase.planned_end, catch_up=BUDGET_WINDOW
        )
    return None
