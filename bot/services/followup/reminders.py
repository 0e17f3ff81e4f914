"""Nudges: somebody owes an answer, and is asked for it as soon as they may be disturbed."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.context import Desk
from bot.services.followup import promises, verification, waiting
from bot.services.tickets.opening import held
from bot.services.tickets.session import Case
from domain.followup.pending_reply import Owed
from domain.sla.working_time import Calendar
from storage.followup.reminders import Nudge
from storage.transaction import Tx

REMIND: Mapping[str, Callable[[Case, Nudge], None]] = {
    Owed.VERDICT: verification.remind, Owed.ANSWER: waiting.remind, Owed.PROMISE: promises.remind,
}  # fmt: skip


def deliver(desk: Desk, tx: Tx, nudge: Nudge, free_at: datetime | None, zone: str) -> None:
    """Now, or at the next hour of work where they are. `free_at` is until when they are not to be disturbed."""
    case = held(desk, tx, nudge.ticket_id)
    if case is None:
        tx.nudges.take(nudge)
        return
    phase, now = case.phase, case.at
    hours = Calendar.read(phase.work_days, phase.work_hours, zone or phase.timezone, phase.holidays)
    at = hours.opening(max(now, free_at or now))
    if at > now:
        tx.nudges.put_off(nudge, at)
    elif tx.nudges.take(nudge):
        REMIND[nudge.kind.partition(":")[0]](case, nudge)
        if case.logged:
            case.refresh()
