"""The report of a whole phase: everything that its page shows, read in one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.context import AppContext
from bot.services.phases.phases import get_phase
from bot.services.reporting import figures
from bot.services.reporting.trends import trends
from bot.views.text import duration
from domain.phases.phase import Phase
from domain.phases.report import PhaseReport, Series
from domain.reporting.digest import local_days
from domain.reporting.figures import DIMENSIONS, Cohort, PeriodCounts
from domain.reporting.impact import Aspect, impact_rows
from domain.reporting.metrics import calculate_metrics, group_by_dimension, merge_cohorts
from domain.reporting.readings import Reading
from domain.reporting.trends import Trends
from domain.statistics.intervals import Interval
from domain.tickets.types import TicketType
from storage.transaction import Transaction

LONGEST = 366  # days that are shown one by one
WEEK = 7


def report(app: AppContext, key: str) -> PhaseReport:
    """Refused when there is no such phase."""
    phase = get_phase(app, key)
    with app.store.read() as tx:
        tx.be_patient()
        return _made(tx, phase, app.now())


def _made(tx: Transaction, phase: Phase, today: datetime) -> PhaseReport:
    """Of a phase that ended, until then; what was still open counts as it came out, and stands as it stands today."""
    now = phase.figures_until(today)
    since = figures.beginning(tx, phase, now)
    cohorts = figures.cohorts(tx, phase, since, now, DIMENSIONS)
    sides = {side: group_by_dimension(cohorts, place) for place, side in enumerate(DIMENSIONS)}
    whole = merge_cohorts(sides["severity"].values())
    count = tx.milestones.count_spans(phase.id, [(since, now)])[0]
    backlog = tx.backlogs.count(phase.id, now)
    later = tx.milestones.count_spans(phase.id, [(now, today)])[0]
    days = _days(tx, phase, since, now, backlog.total + later.closed - later.opened)
    readings = {one.value: tx.readings.list_values(phase.id, one.value, since.date(), phase.local_date(now))
                for one in (Reading.UPTIME, Reading.ERROR_RATE, Reading.ADOPTION)}  # fmt: skip
    satisfaction = figures.satisfied(tx, phase, 100)[::-1]
    shown = _evidence(days, whole, sides["type"], count.praise, backlog.deferred, satisfaction, readings)
    return PhaseReport(
        phase=phase, since=since, at=now, judged=figures.judged(tx, phase, now), count=count, days=days,
        backlog=backlog, whole=whole, sides=sides, trends=_for_others(trends(tx, phase, today)),
        satisfaction=satisfaction,
        readings=readings, impact=impact_rows(sides["type"], count.praise, shown),
    )  # fmt: skip


def _for_others(found: Trends) -> Trends:
    """Without groups of people, and without anybody's words."""
    return replace(found, gathered=(), silent=(), topics=(), unseen=None)


def _days(
    tx: Transaction, phase: Phase, since: datetime, now: datetime, open_now: int
) -> list[tuple[date, PeriodCounts, int]]:
    """Backwards from what is open now: before a day there was as much less as was opened in it more than closed.

    What was reopened since counts as closed in between, which its milestones do not know any more, but its log does.
    """
    many = min(LONGEST, (phase.local_date(now) - phase.local_date(since)).days)
    local = local_days(phase.timezone, now, many)
    spans = [(begins, ends) for _, begins, ends in local]
    spans.append((spans[-1][1] if spans else since, now))  # today
    counts = tx.milestones.count_spans(phase.id, spans)
    found, open_ = list[tuple[date, PeriodCounts, int]](), open_now - (counts[-1].opened - counts[-1].closed)
    pauses = tx.milestones.list_closed_spans(phase.id)
    for (on, _, ends), count in zip(reversed(local), reversed(counts[:-1]), strict=True):
        resting = sum(closed < ends <= reopened for closed, reopened in pauses)
        found.append((on, count, open_ - resting))
        open_ -= count.opened - count.closed
    return found[::-1]


def _evidence(
    days: Sequence[tuple[date, PeriodCounts, int]],
    whole: Cohort,
    by_type: Mapping[str, Cohort],
    praise: int,
    deferred: int,
    satisfaction: Sequence[tuple[date, Interval]],
    readings: Mapping[str, Series],
) -> dict[Aspect, str]:
    """A figure for each aspect that has one."""
    found, told = dict[Aspect, str](), calculate_metrics(whole)
    if len(days) >= 2 * WEEK:
        first, last = (sum(c.critical for _, c, _ in part) / WEEK for part in (days[:WEEK], days[-WEEK:]))
        found[Aspect.STABILITY] = f"{first:.2f} new criticals a day in the first week, {last:.2f} in the last"
    if adopted := readings[Reading.ADOPTION]:
        found[Aspect.ADOPTION] = f"{adopted[-1][1]:g} % use it; {adopted[0][1]:g} % did at first"
    elif satisfaction:
        found[Aspect.ADOPTION] = (
            f"{satisfaction[-1][1].value:.0f} % satisfied; {satisfaction[0][1].value:.0f} % at first"
        )
    took = [(what, length.median) for what, length in (("resolved", told.resolve), ("acknowledged", told.acknowledge))]
    if known := [(what, median) for what, median in took if median is not None]:
        found[Aspect.EFFICIENCY] = f"{known[0][0]} within {duration(known[0][1])} of working time, as median"
    if told.first_fix:
        found[Aspect.COST] = f"{100 * told.first_fix.interval.value:.0f} % resolved at the first try"
    wishes = by_type.get(TicketType.FEATURE_REQUEST.value, Cohort()).opened
    found[Aspect.VALUE] = f"{wishes} wishes, and {praise} words of praise"
    found[Aspect.FUTURE] = f"{deferred} put off until later"
    found[Aspect.SECURITY] = "reports of this kind are private, and counted nowhere"
    return found
