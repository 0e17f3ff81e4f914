"""The watch after an exit: propose to open the phase again when what other systems count shows a relapse."""

from datetime import date, datetime, timedelta

from bot.context import AppContext
from bot.services.decisions.decisions import deciders, open_in, tell
from bot.views.decisions import decisions as decision_views
from bot.views.decisions.decisions import ShownDecision
from bot.views.exit import readiness as views
from domain.decisions.decision import Decision, DecisionKind
from domain.exit.watch import LEAVE, OPEN_AGAIN, RELAPSE, WATCH, WatchRelapse, accepted_rate, find_relapse
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
    """Ask the old team for a decision when there is a relapse; return whether there is one."""
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
    _ask(app, tx, phase, found)
    return True


def _ask(app: AppContext, tx: Transaction, phase: Phase, found: WatchRelapse) -> None:
    """Open the decision whether the phase is opened again, with its evidence, and ask those who may decide it."""
    now, asked = app.now(), tuple(dict.fromkeys((*phase.leads, *deciders(phase, DecisionKind.RESOURCES))))
    decision = open_in(app, tx, phase, Decision(
        id=0, phase_id=phase.id, kind=DecisionKind.RESOURCES, question=views.relapse_question(phase),
        evidence=views.relapse_evidence(found), options=(OPEN_AGAIN, LEAVE), fired_by=RELAPSE, asked=asked,
        opened_by=app.bot_user, opened_at=now,
    ))  # fmt: skip
    tell(app, tx, decision, phase.people(asked), decision_views.asks(ShownDecision(decision), now))
