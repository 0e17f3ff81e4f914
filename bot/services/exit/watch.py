"""The watch after an exit: propose to open the phase again when what other systems count shows a relapse."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.context import AppContext
from bot.services.decisions.decisions import deciders, open_in, tell
from bot.services.phases.phases import split_off_known_phase
from bot.services.reporting import figures, readings
from bot.views.decisions import decisions as decision_views
from bot.views.decisions.decisions import ShownDecision
from bot.views.exit import readiness as views
from domain.decisions.decision import Decision, DecisionKind
from domain.exit.watch import (
    LEAVE,
    OPEN_AGAIN,
    RELAPSE,
    WATCH,
    Answers,
    SatisfactionFall,
    WatchRelapse,
    accepted_rate,
    find_relapse,
    find_satisfaction_fall,
)
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.reporting.readings import Baseline, Reading
from domain.sla.targets import working_hours
from storage.transaction import Transaction

RATE_DAYS = 14  # before the exit, whose reports give the accepted rate
ANSWER_DAYS = 28  # before the exit, whose recorded answers count if no pulse asked about satisfaction
DAY = timedelta(days=1)


def is_watched(phase: Phase, now: datetime) -> bool:
    """Return whether a phase has ended less than thirty days ago."""
    return phase.state is PhaseState.EXITED and phase.ended_at is not None and now - phase.ended_at <= WATCH


def watch(app: AppContext, tx: Transaction, phase: Phase, today: date) -> bool:
    """Ask the old team for a decision when there is a relapse; return whether there is one."""
    if phase.ended_at is None:
        return False
    first = phase.local_date(phase.ended_at) + DAY
    reports, criticals = (dict(tx.readings.list_values(phase.id, one.value, first, today))
                          for one in (Reading.REPORTS, Reading.CRITICALS))  # fmt: skip
    since = phase.ended_at - timedelta(days=RATE_DAYS)
    before = tx.milestones.count_spans(phase.id, [(since, phase.ended_at)])[0].opened
    found = find_relapse(reports, criticals, accepted_rate(before, RATE_DAYS), working_hours(phase).is_working_day)
    fall = find_satisfaction_fall(*satisfaction(tx, phase, today), first)
    if found is None and fall is None:
        return False
    _ask(app, tx, phase, [one for one in (found, fall) if one])
    return True


def record_reading(
    app: AppContext, person: Person, channel: str, key: Sequence[str], name: str, *said: str, request: str
) -> str:
    """Record a reading, and say what the watch after an exit makes of answers about satisfaction."""
    kept = readings.record(app, person, channel, key, name, *said, request=request)
    with app.store.read() as tx:
        phase, _ = split_off_known_phase(tx, channel, key)
        if name != Baseline.SATISFIED or not is_watched(phase, app.now()):
            return kept
        return f"{kept} {views.answers_so_far(*satisfaction(tx, phase, phase.local_date(app.now())))}"


def satisfaction(tx: Transaction, phase: Phase, today: date) -> tuple[Answers, Answers]:
    """Return the answers about satisfaction since the exit, and those that it was accepted with.

    The latter are of the newest pulse that asked everyone, or were recorded in the four weeks before.
    """
    end = phase.local_date(phase.ended_at) if phase.ended_at else today
    asked = figures.satisfaction_counts(tx, phase)
    before = Answers(*asked) if asked else _recorded(tx, phase, end - ANSWER_DAYS * DAY, end)
    return _recorded(tx, phase, end + DAY, today), before


def _recorded(tx: Transaction, phase: Phase, since: date, until: date) -> Answers:
    counts = tx.baselines.count_values(phase.id, Baseline.SATISFIED.value, since, until)
    return Answers(counts.get(1, (0, 0))[0], sum(ended for ended, _ in counts.values()))


def _ask(app: AppContext, tx: Transaction, phase: Phase, found: Sequence[WatchRelapse | SatisfactionFall]) -> None:
    """Open the decision whether the phase is opened again, with its evidence, and ask those who may decide it."""
    now, asked = app.now(), tuple(dict.fromkeys((*phase.leads, *deciders(phase, DecisionKind.RESOURCES))))
    decision = open_in(app, tx, phase, Decision(
        id=0, phase_id=phase.id, kind=DecisionKind.RESOURCES, question=views.relapse_question(phase),
        evidence=" ".join(map(views.relapse_evidence, found)), options=(OPEN_AGAIN, LEAVE), fired_by=RELAPSE,
        asked=asked, opened_by=app.bot_user, opened_at=now,
    ))  # fmt: skip
    tell(app, tx, decision, phase.people(asked), decision_views.asks(ShownDecision(decision), now))
