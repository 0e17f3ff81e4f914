"""When the next wave of each pulse begins."""

from datetime import time, timedelta

from bot.desk import Desk
from domain.phase import Phase, PhaseState
from domain.pulse import Occasion, Pulse, filled
from domain.schedule import Plan
from domain.wave import WINDOW
from storage.store import Tx

KIND = "pulse"
CATCH_UP = timedelta(hours=12)


def plan(tx: Tx, phase: Phase, desk: Desk) -> None:
    """The next wave of each of a phase's pulses, while it is active."""
    for pulse in map(filled, phase.pulses):
        key, when = f"{KIND}:{phase.id}:{pulse.name}", _when(phase, pulse)
        if when and phase.state is PhaseState.ACTIVE:
            tx.timers.plan(key, KIND, when, desk.now(), data={"phase": phase.id, "pulse": pulse.name})
        else:
            tx.timers.cancel(key)


def _when(phase: Phase, pulse: Pulse) -> Plan | None:
    at = time.fromisoformat(pulse.at)
    if pulse.occasion is Occasion.SCHEDULE:
        return Plan(at=at, zone=phase.timezone, days=pulse.days, catch_up=CATCH_UP)
    if pulse.occasion is Occasion.END and phase.planned_end:
        return Plan(at=at, zone=phase.timezone, days="FREQ=DAILY;COUNT=1", since=phase.planned_end, catch_up=WINDOW)
    return None
