"""What the on-call area adds to the app: timers for escalations, shift changes and the capacity check."""

from bot.context import TimerHandler
from bot.services.oncall import capacity, escalation_runner, escalations, shifts, storms
from bot.services.tickets.session import Signal, TicketSession

TIMERS = {
    escalation_runner.KIND: TimerHandler(escalations.run_due_step, is_heavy=True),
    escalations.ACKNOWLEDGE: TimerHandler(escalations.acknowledge_one, is_heavy=True),
    storms.KIND: TimerHandler(storms.rewrite),
    shifts.SHIFT: TimerHandler(shifts.change_shift),
    shifts.COVERAGE_CHECK: TimerHandler(shifts.check_coverage),
    capacity.KIND: TimerHandler(capacity.check_load),
}
PLANS = (shifts.plan, capacity.plan)


def settle_escalation(session: TicketSession) -> None:
    """Start the escalation that the change asks for, or acknowledge, pause or end the one that runs."""
    if Signal.NEEDS_RESPONDER in session.signals:
        escalation_runner.get_runner(session).start_if_due()
    if not session.is_new:
        escalation_runner.get_runner(session).settle()


def update_escalation_cards(session: TicketSession) -> None:
    """Show the ticket and its escalation as they are now; those of a new ticket have just been posted."""
    if not session.is_new:
        escalation_runner.get_runner(session).update_cards()


CONSEQUENCES = (settle_escalation, update_escalation_cards)
