"""The timers of a phase's digests, pulses and notes."""

from datetime import timedelta

from bot.context import AppContext
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import Schedule
from storage.transaction import Transaction

CATCH_UP = timedelta(hours=12)  # how late a scheduled run may still happen


def timer_key(kind: str, phase: Phase, name: str) -> str:
    """Return the key of the timer of a phase's digest, pulse or note of that name."""
    return f"{kind}:{phase.id}:{name}"


def set_schedule(
    tx: Transaction, phase: Phase, app: AppContext, kind: str, name: str, schedule: Schedule | None
) -> None:
    """Set that timer while the phase is active; without a schedule there is none."""
    key = timer_key(kind, phase, name)
    if schedule and phase.state is PhaseState.ACTIVE:
        tx.timers.set_recurring(key, kind, schedule, app.now(), data={"phase": phase.id, kind: name})
    else:
        tx.timers.cancel(key)
