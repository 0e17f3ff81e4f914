"""What pulses add to the app: waves at their time, and a survey after a ticket was resolved."""

from datetime import time

from bot.context import AppContext, TimerHandler
from bot.services.phases.planning import CATCH_UP, set_schedule
from bot.services.pulse import pulses, waves
from bot.services.tickets.session import TicketSession
from domain.phases.phase import Phase
from domain.pulse.pulse import with_template_defaults
from domain.pulse.settings import Occasion, Pulse
from domain.pulse.wave import BUDGET_WINDOW
from domain.schedule import Schedule
from domain.tickets.event import EventKind
from storage.transaction import Transaction

TIMERS = {
    pulses.PULSE: TimerHandler(pulses.begin),
    pulses.CLOSE: TimerHandler(waves.close),
    pulses.RELEASE: TimerHandler(waves.release),
    pulses.ANNOUNCE: TimerHandler(waves.announce),
}


def plan_pulses(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Set the timer of each pulse of a phase."""
    for pulse in map(with_template_defaults, phase.pulse.pulses):
        set_schedule(tx, phase, app, pulses.PULSE, pulse.name, _schedule(phase, pulse))


def _schedule(phase: Phase, pulse: Pulse) -> Schedule | None:
    at = time.fromisoformat(pulse.at)
    if pulse.occasion is Occasion.SCHEDULE:
        return Schedule(at=at, zone=phase.timezone, days=pulse.days, catch_up=CATCH_UP)
    if pulse.occasion is Occasion.END and phase.planned_end:
        return Schedule(
            at=at, zone=phase.timezone, days="FREQ=DAILY;COUNT=1", since=phase.planned_end, catch_up=BUDGET_WINDOW
        )
    return None


def survey_after_resolution(session: TicketSession) -> None:
    """Invite the reporter of a ticket that was just resolved."""
    if EventKind.RESOLVED in session.logged and not session.is_quiet:
        pulses.after_resolution(session.app, session.tx, session.phase, session.ticket)


PLANS = (plan_pulses,)
CONSEQUENCES = (survey_after_resolution,)
