"""What reporting adds to the app: digests at their time, and the milestones that figures are made of."""

from bot.context import AppContext, TimerHandler
from bot.services.phases.planning import set_schedule
from bot.services.reporting import digest, milestones
from domain.phases.phase import Phase
from domain.reporting.settings import DigestFrequency
from storage.transaction import Transaction

TIMERS = {digest.KIND: TimerHandler(digest.send), milestones.KIND: TimerHandler(milestones.catch_up)}
STARTS = (milestones.set_up,)


def plan_digests(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Set the timer of each digest of a phase."""
    for rhythm in phase.digest_schedules:
        wanted = rhythm.plan if rhythm.digest.every is not DigestFrequency.NEVER else None
        set_schedule(tx, phase, app, digest.KIND, rhythm.digest.name, wanted)


PLANS = (plan_digests,)
