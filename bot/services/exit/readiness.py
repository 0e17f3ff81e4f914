"""The readiness of a phase to end, calculated now: gates and score."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import chain

from bot.services.exit.forecast import forecast
from bot.services.reporting import figures
from domain.exit.first_runs import RunStatus, statuses
from domain.exit.forecast import DefectForecast
from domain.exit.readiness import HIGH_DAYS, QUIET_DAYS, Gate, GateResult, Measure, Readiness, scales, upper_rate
from domain.exit.record import Decisions
from domain.phases.phase import Phase
from domain.reporting.metrics import merge_cohorts
from domain.reporting.readings import Reading
from domain.reporting.recurrence import fix_durability, fixes_of
from domain.sla.targets import working_hours
from domain.statistics.intervals import wilson_interval
from domain.statistics.stabilisation import NoForecast
from domain.text import plural
from storage.transaction import Transaction

DAY = timedelta(days=1)
RATE_DAYS = 14  # whose critical tickets give the rate
FLOW_DAYS = 14
MAX_READING_AGE = timedelta(days=7)


def decisions(tx: Transaction, phase: Phase) -> Decisions:
    return Decisions(tx.exits.list_records(phase.id))


def first_runs(phase: Phase, decided: Decisions) -> list[RunStatus]:
    """Return the first runs of a phase with their verdicts."""
    return statuses(phase.exit.first_runs, decided.verdicts)


def readiness(tx: Transaction, phase: Phase, now: datetime) -> tuple[Readiness, DefectForecast, Decisions]:
    """Calculate the readiness of a phase, with the forecast and the decisions that it is made of."""
    decided, expected = decisions(tx, phase), forecast(tx, phase, now)
    measures, missing = _measures(tx, phase, now, expected, decided)
    found = Readiness(gates=_gates(tx, phase, now, decided), measures=measures, scale=scales(phase.exit.defect_rate),
                      missing=missing)  # fmt: skip
    return found, expected, decided


def working_days_before(phase: Phase, now: datetime, count: int) -> datetime:
    """Return the beginning of the working day that was so many working days before today."""
    hours, on = working_hours(phase), phase.local_date(now)
    for _ in range(400):
        if count == 0:
            break
        on -= DAY
        count -= is_working_day(phase, on, hours.days)
    return phase.start_of_day(on)


def is_working_day(phase: Phase, on: date, days: frozenset[int] | None = None) -> bool:
    return on.weekday() in (days or working_hours(phase).days) and on not in phase.sla.holidays


def _gates(tx: Transaction, phase: Phase, now: datetime, decided: Decisions) -> list[GateResult]:
    since = max(now - RATE_DAYS * DAY, min(figures.start_of(tx, phase, now), now - DAY))
    days, count = (now - since) / DAY, tx.exits.count_critical(phase.id, since)
    upper = upper_rate(count, days)
    critical = tx.exits.count_critical_open(phase.id, working_days_before(phase, now, QUIET_DAYS))
    high = tx.exits.count_high_without_workaround(phase.id, working_days_before(phase, now, HIGH_DAYS))
    unowned, runs = tx.exits.count_unowned(phase.id), [one for one in first_runs(phase, decided) if not one.is_settled]
    names = ", ".join(one.run.name for one in runs)
    rate = plural(
        count, "1 in {days:.0f} days, so at most {upper:.2f} a day (target {target:g})",
        "{count} in {days:.0f} days, so at most {upper:.2f} a day (target {target:g})",
        days=days, upper=upper, target=phase.exit.critical_rate,
    )  # fmt: skip
    found = {
        Gate.CRITICALS: (critical == 0, plural(critical, "1 critical ticket was open in that time",
                                               "{count} critical tickets were open in that time")),
        Gate.CRITICAL_RATE: (upper <= phase.exit.critical_rate, rate),
        Gate.FIRST_RUNS: (not runs, f"Waiting for {names}" if runs else "All decided"),
        Gate.HANDOVER: (decided.handover is not None, "Accepted" if decided.handover else "Not accepted yet"),
        Gate.HIGHS: (high == 0, plural(high, "1 high ticket has no workaround",
                                          "{count} high tickets have no workaround")),
        Gate.OWNERS: (unowned == 0, plural(unowned, "1 open ticket is unassigned",
                                           "{count} open tickets are unassigned")),
    }  # fmt: skip
    waived = decided.waivers
    return [GateResult(gate, holds=holds, reason=reason, waiver=waived[gate].reason if gate in waived else "")
            for gate, (holds, reason) in found.items()]  # fmt: skip


def _measures(
    tx: Transaction, phase: Phase, now: datetime, expected: DefectForecast, decided: Decisions
) -> tuple[Mapping[Measure, float], Mapping[Measure, str]]:
    """Return the pessimistic bound of each measure, and why the others have none."""
    found, missing = dict[Measure, float](), dict[Measure, str]()
    if isinstance(expected.fit, NoForecast):
        missing[Measure.REMAINING] = "new defects are not shown to become fewer yet"
    else:
        found[Measure.REMAINING] = expected.fit.pessimistic_intensity()
    flow = tx.milestones.count_spans(phase.id, [(now - FLOW_DAYS * DAY, now)])[0]
    cohort = merge_cohorts(figures.cohorts(tx, phase, now - figures.DEFAULT_PERIOD, now).values())
    met, decided_targets = (sum(pair) for pair in zip(cohort.acknowledge_targets, cohort.resolve_targets, strict=True))
    fixes = fix_durability(
        chain(*map(fixes_of, tx.milestones.list_fix_events(phase.id, now - figures.DEFAULT_PERIOD))), now
    )
    failed, fixed = sum(one.failed for one in fixes.values()), sum(one.n for one in fixes.values())
    for measure, (count, n), why in (
        (Measure.NET_FLOW, (flow.closed, flow.opened + flow.closed), "nothing was opened or closed in two weeks"),
        (Measure.SLA, (met, decided_targets), "no SLA target was met or missed in four weeks"),
    ):
        if n:
            found[measure] = wilson_interval(count, n).low
        else:
            missing[measure] = why
    if fixed:
        found[Measure.FIXES] = wilson_interval(failed, fixed).high
    else:
        missing[Measure.FIXES] = "nothing was resolved in four weeks"
    if waves := figures.satisfaction_by_wave(tx, phase, 20):
        found[Measure.SATISFACTION] = waves[0][1].low / 100
    else:
        missing[Measure.SATISFACTION] = "no pulse with visible results has asked about it"
    today = phase.local_date(now)
    if adoption := tx.readings.list_values(phase.id, Reading.ADOPTION.value, today - MAX_READING_AGE, today):
        found[Measure.ADOPTION] = adoption[-1][1] / 100
    else:
        missing[Measure.ADOPTION] = "no reading in seven days. Record one with `metrics adoption 80`"
    missing[Measure.KNOWLEDGE] = "articles are not counted"
    runs = first_runs(phase, decided)
    found[Measure.TRANSFER] = (sum(one.is_settled for one in runs) + (decided.handover is not None)) / (len(runs) + 1)
    return found, missing
