"""What the on-call area adds to the app: timers for escalations, shift changes and the capacity check."""

from bot.context import TimerHandler
from bot.services.oncall import capacity, escalation_runner, escalations, shifts, storms

TIMERS = {
    escalation_runner.KIND: TimerHandler(escalations.run_due_step, is_heavy=True),
    escalations.ACKNOWLEDGE: TimerHandler(escalations.acknowledge_one, is_heavy=True),
    storms.KIND: TimerHandler(storms.rewrite),
    shifts.SHIFT: TimerHandler(shifts.change_shift),
    shifts.COVERAGE_CHECK: TimerHandler(shifts.check_coverage),
    capacity.KIND: TimerHandler(capacity.check_load),
}
PLANS = (shifts.plan, capacity.plan)
