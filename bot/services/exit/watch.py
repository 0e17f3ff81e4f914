"""The watch after an exit: propose to open the phase again when what other systems count shows a relapse."""

from datetime import date, datetime, timedelta

from bot.context import AppContext
from bot.services.exit.decisions import post
from bot.views.exit import readiness as views
from domain.exit.watch import WATCH, accepted_rate, find_relapse
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.reporting.readings import Reading
from domain.sla.targets import working_hours
from storage.transaction import Transaction

RATE_DAYS = 14  # before the exit, whose reports give the accepted rate


def is_watched(phase: Phase, now: datetime) -> bool:
    """Return whether a phase has ended less than thirty days ago."""
    return phase.state is PhaseState.EXITED and phase.ended_at is not None and now - phase.ended_at <= WATCH


def watch(app: AppContext, tx: Transaction, phase: Phase, today: date) -> bool:
    """Tell the old team about a relapse; return whether there is one."""
    if phase.ended_at is None:
        return False
    first = phase.local_date(phase.ended_at) + timedelta(days=1)
    reports, criticals = (dict(tx.readings.list_values(phase.id, one.value, first, today))
                          for one in (Reading.REPORTS, Reading.CRITICALS))  # fmt: skip
    since = phase.ended_at - timedelta(days=RATE_DAYS)
    before = tx.milestones.count_spans(phase.id, [(since, phase.ended_at)])[0].opened
    found = find_relapse(reports, criticals, accepted_rate(before, RATE_DAYS), working_hours(phase).is_working_day)
    if found is None:
        return False
    for place in (phase.team_digest_channel, *phase.lead_people):
        post(tx, phase, f"relapse:{found.since}", place, views.relapsed(phase, found), app.now())
    return True
