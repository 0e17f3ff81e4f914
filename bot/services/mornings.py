"""What is done at nine on every working day of a phase."""

from datetime import datetime, time, timedelta

from domain.phase import Phase, PhaseState
from domain.schedule import Plan
from storage.store import Tx

MORNING = time(9)
CATCH_UP = timedelta(hours=6)  # a morning that was missed is made up for on that day


def plan(tx: Tx, phase: Phase, kind: str, now: datetime) -> None:
    """A timer of that kind for the phase, while it is active."""
    days = ",".join(day[:2].upper() for day in phase.work_days.split())
    morning = Plan(at=MORNING, zone=phase.timezone, days=f"FREQ=WEEKLY;BYDAY={days}", catch_up=CATCH_UP)
    if phase.state is PhaseState.ACTIVE:
        tx.timers.plan(f"{kind}:{phase.id}", kind, morning, now, data={"phase": phase.id})
    else:
        tx.timers.cancel(f"{kind}:{phase.id}")
