"""The report of a phase, read in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.context import AppContext
from bot.services.gateways.audit import api_report
from bot.services.phases.phases import get_phase
from bot.services.reporting import figures
from bot.services.reporting.trends import trends
from bot.views.reporting import objectives as objective_views
from bot.views.text import duration
from domain.gateways.audit import ApiReport
from domain.oncall.capacity import handling_times
from domain.phases.phase import Phase
from domain.phases.report import PhaseReport, Series
from domain.reporting.digest import local_days
from domain.reporting.figures import DIMENSIONS, Cohort, PeriodCounts
from domain.reporting.impact import ASPECTS, Aspect, impact_rows
from domain.reporting.metrics import calculate_metrics, group_by_dimension, merge_cohorts
from domain.reporting.readings import Reading
from domain.reporting.trends import Trends
from domain.sla.targets import working_hours
from domain.statistics.disclosure import MIN_GROUP_SIZE
from domain.statistics.intervals import Interval
from domain.text import plural
from domain.tickets.types import TicketType
from storage.transaction import Transaction

MAX_HISTORIES = 20_000  # tickets whose working time is calculated
MAX_DAYS = 366  # shown one by one
WEEK = 7


# Why an aspect has no figure, where it has none.
MISSING: Mapping[Aspect, str] = {
    Aspect.STABILITY: "not measured: two whole weeks are needed",
    Aspect.ADOPTION: "not measured: no pulse and no reading of adoption",
    Aspect.EFFICIENCY: "not measured: no report was acknowledged or resolved",
    Aspect.COST: "not measured: no report was resolved",
}


def report(app: AppContext, key: str) -> PhaseReport:
    """Return the report; Refused when there is no such phase."""
    phase = get_phase(app, key)
    with app.store.read() as tx:
        tx.lift_timeout()
        return _build(tx, phase, app.now())


def _build(tx: Transaction, phase: Phase, today: datetime) -> PhaseReport:
    """Build the report; of an ended phase until its end, with its open tickets in their present state."""
    now = phase.figures_until(today)
    since = figures.start_of(tx, phase, now)
    cohorts = figures.cohorts(tx, phase, since, now, DIMENSIONS)
    sides = {side: group_by_dimension(cohorts, place) for place, side in enumerate(DIMENSIONS)}
    whole = merge_cohorts(sides["severity"].values())
    count = tx.milestones.count_spans(phase.id, [(since, now)])[0]
    backlog = tx.backlogs.count(phase.id, now)
    later = tx.milestones.count_spans(phase.id, [(now, today)])[0]
    days = open_by_day(tx, phase, since, now, backlog.total + later.closed - later.opened)
    readings = {one.value: tx.readings.list_values(phase.id, one.value, since.date(), phase.local_date(now))
                for one in (Reading.UPTIME, Reading.ERROR_RATE, Reading.ADOPTION)}  # fmt: skip
    satisfaction = figures.satisfaction_by_wave(tx, phase, 100)[::-1]
    objectives = figures.objectives(tx, phase, cohorts, now)
    shown = _evidence(days, whole, sides["type"], count.praise, backlog.deferred, satisfaction, readings)
    shown[Aspect.SECURITY] = _security(tx, phase, now)
    if reached := objective_views.evidence(objectives, phase.local_date(now)):
        shown[Aspect.VALUE] = f"{reached}. {shown[Aspect.VALUE]}"
    if cost := _cost(tx, phase, since, now, count.opened):
        shown[Aspect.COST] = ". ".join(filter(None, (cost, shown[Aspect.COST])))
    return PhaseReport(
        phase=phase, since=since, until=now, kpis=figures.kpi_values(tx, phase, now), count=count, days=days,
        backlog=backlog, cohort=whole, by_dimension=sides, trends=_public(trends(tx, phase, today)),
        satisfaction=satisfaction,
        readings=readings, objectives=objectives, exit_line=tx.exits.find_line(phase.id, phase.local_date(now)),
        apis=_apis(tx, phase, now), impact=impact_rows(sides["type"], count.praise, shown),
    )  # fmt: skip


def _apis(tx: Transaction, phase: Phase, now: datetime) -> ApiReport | None:
    """Return what is known of APIs; None where nothing is."""
    found = api_report(tx, phase, now)
    return found if found.endpoints or any(one.tickets for one in found.policies) else None


def _public(found: Trends) -> Trends:
    """Remove user groups and quoted words."""
    return replace(found, hotspots=(), quiet_groups=(), topics=(), undetected=None, repeated=())


def open_by_day(
    tx: Transaction, phase: Phase, since: datetime, now: datetime, open_now: int
) -> list[tuple[date, PeriodCounts, int]]:
    """Return (day, counts, open tickets at its end), calculated backwards from the tickets open now.

    Reopened tickets count as closed in between, which only their events show.
    """
    count_days = min(MAX_DAYS, (phase.local_date(now) - phase.local_date(since)).days)
    local = local_days(phase.timezone, now, count_days)
    spans = [(begins, ends) for _, begins, ends in local]
    spans.append((spans[-1][1] if spans else since, now))  # today
    counts = tx.milestones.count_spans(phase.id, spans)
    found, open_ = list[tuple[date, PeriodCounts, int]](), open_now - (counts[-1].opened - counts[-1].closed)
    pauses = tx.milestones.list_closed_spans(phase.id)
    for (on, _, ends), count in zip(reversed(local), reversed(counts[:-1]), strict=True):
        closed_then = sum(closed < ends <= reopened for closed, reopened in pauses)
        found.append((on, count, open_ - closed_then))
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
    """Return the evidence for each aspect, or why there is none."""
    found, told = dict(MISSING), calculate_metrics(whole)
    if len(days) >= 2 * WEEK:
        first, last = (sum(c.critical for _, c, _ in part) / WEEK for part in (days[:WEEK], days[-WEEK:]))
        found[Aspect.STABILITY] = f"{first:.2f} new criticals a day in the first week, {last:.2f} in the last"
    if adoption := readings[Reading.ADOPTION]:
        found[Aspect.ADOPTION] = f"{adoption[-1][1]:g} % use the system{_at_first([one for _, one in adoption], 'g')}"
    elif satisfaction:
        found[Aspect.ADOPTION] = (
            f"{satisfaction[-1][1].value:.0f} % satisfied{_at_first([one.value for _, one in satisfaction], '.0f')}"
        )
    took = [(what, length.median) for what, length in (("resolved", told.resolve), ("acknowledged", told.acknowledge))]
    if known := [(what, median) for what, median in took if median is not None]:
        found[Aspect.EFFICIENCY] = f"{known[0][0]} within {duration(known[0][1])} of working time (median)"
    if told.first_fix:
        found[Aspect.COST] = f"{100 * told.first_fix.interval.value:.0f} % resolved at the first attempt"
    wishes = by_type.get(TicketType.FEATURE_REQUEST.value, Cohort()).opened
    found[Aspect.VALUE] = f"{wishes} feature requests and {praise} reports of praise"
    found[Aspect.FUTURE] = f"{deferred} deferred"
    return found


def _at_first(values: Sequence[float], shown: str) -> str:
    """Return what the first of several values was; a single one is no change."""
    return f", {values[0]:{shown}} % at first" if len(values) > 1 else ", measured once"


def _security(tx: Transaction, phase: Phase, until: datetime) -> str:
    """Return how many security reports there were, unless so few that the number would say who knows of them."""
    kinds = [kind.value for kind, aspects in ASPECTS.items() if Aspect.SECURITY in aspects]
    count = tx.cohorts.count_private(phase.id, kinds, until)
    if count < MIN_GROUP_SIZE:
        return f"fewer than {MIN_GROUP_SIZE} security reports, which are private"
    return f"{count} security reports, which are private and in no other figure"


def _cost(tx: Transaction, phase: Phase, since: datetime, until: datetime, reports: int) -> str:
    """Return the working time that resolved tickets took and what it cost, if the phase says what an hour costs."""
    rate = phase.reporting.hour_cost
    if not rate or reports > MAX_HISTORIES:
        return ""
    histories = tx.tickets.get_histories(phase.id, since, unique_work=True, public=True)
    took = handling_times(histories, working_hours(phase), until)
    hours = sum(one / timedelta(hours=1) for one in took.values())
    cost = f"{hours * rate:,.0f} {phase.reporting.currency}"
    return plural(len(took), "{hours:,.0f} working hours for 1 resolved ticket, about {cost}",
                  "{hours:,.0f} working hours for {count} resolved tickets, about {cost}",
                  hours=hours, cost=cost) if took else ""  # fmt: skip
