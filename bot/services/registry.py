"""The features of the app, put together from what each area exports."""

from bot.context import Features
from bot.services.followup import exports as followup
from bot.services.intake import exports as intake
from bot.services.oncall import exports as oncall
from bot.services.operations import exports as operations
from bot.services.pulse import exports as pulse
from bot.services.reporting import exports as reporting
from bot.services.sla import exports as sla
from bot.services.tickets import exports as tickets

TIMERS = {
    **tickets.TIMERS,
    **intake.TIMERS,
    **sla.TIMERS,
    **followup.TIMERS,
    **oncall.TIMERS,
    **pulse.TIMERS,
    **reporting.TIMERS,
    **operations.TIMERS,
}
FEATURES = Features(
    consequences=(*pulse.CONSEQUENCES,),
    timers=TIMERS,
    plans=(*operations.PLANS, *oncall.PLANS, *followup.PLANS, *reporting.PLANS, *pulse.PLANS),
    phase_changes=sla.PHASE_CHANGES,
    starts=(*operations.STARTS, *tickets.STARTS, *reporting.STARTS, *followup.STARTS, *sla.STARTS),
)
