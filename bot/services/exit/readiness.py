"""The readiness of a phase to end, calculated now: gates and score."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import chain, islice

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
from domain.sla.working_time import MAX_GAP
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
    today = phase.local_date(now)
    on = next(islice(working_hours(phase).days_before(today), count - 1, None), today - MAX_GAP)
    return phase.start_of_day(on)


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
    handover = decided.handover is not None
    found: Mapping[Gate, tuple[float, float, str]] = {
        Gate.CRITICALS: (critical, 0, plural(critical, "1 critical ticket was open in that time",
                                             "{count} critical tickets were open in that time")),
        Gate.CRITICAL_RATE: (upper, phase.exit.critical_rate, rate),
        Gate.FIRST_RUNS: (len(runs), 0, f"Waiting for {names}" if runs else "All decided"),
        Gate.HANDOVER: (not handover, 0, "Accepted" if handover else "Not accepted yet"),
        Gate.HIGHS: (high, 0, plural(high, "1 high ticket has no workaround",
                                     "{count} high tickets have no workaround") if high else "None"),
        Gate.OWNERS: (unowned, 0, plural(unowned, "1 open ticket is unassigned",
                                         "{count} open tickets are unassigned") if unowned else "All have one"),
    }  # fmt: skip
    waived = decided.waivers
    return [
        GateResult(gate, value, value <= limit, reason, waiver=waived[gate].reason if gate in waived else "")
        for gate, (value, limit, reason) in found.items()
    ]


def _measures(
    tx: Transaction, phase: Phase, now: datetime, expected: DefectForecast, decided: Decisions
) -> tuple[Mapping[Measure, float], Mapping[Measure, str]]:
    """Return the pessimistic bound of each measure, and why the others have none."""
    found: Mapping[Measure, float | str] = {
        Measure.REMAINING: _remaining(expected),
        Measure.NET_FLOW: _net_flow(tx, phase, now),
        Measure.SLA: _targets_met(tx, phase, now),
        Measure.FIXES: _failed_fixes(tx, phase, now),
        Measure.SATISFACTION: _satisfaction(tx, phase),
        Measure.ADOPTION: _adoption(tx, phase, now),
        Measure.KNOWLEDGE: _knowledge(tx, phase),
        Measure.TRANSFER: _transfer(phase, decided),
    }
    return ({one: value for one, value in found.items() if not isinstance(value, str)},
            {one: why for one, why in found.items() if isinstance(why, str)})  # fmt: skip


def _remaining(expected: DefectForecast) -> float | str:
    if isinstance(expected.fit, NoForecast):
        return "new defects are not clearly becoming fewer yet"
    return expected.fit.pessimistic_intensity()


def _net_flow(tx: Transaction, phase: Phase, now: datetime) -> float | str:
    flow = tx.milestones.count_spans(phase.id, [(now - FLOW_DAYS * DAY, now)])[0]
    moved = flow.opened + flow.closed
    return wilson_interval(flow.closed, moved).low if moved else "nothing was opened or closed in two weeks"


def _targets_met(tx: Transaction, phase: Phase, now: datetime) -> float | str:
    cohort = merge_cohorts(figures.cohorts(tx, phase, now - figures.DEFAULT_PERIOD, now).values())
    met, decided = (sum(pair) for pair in zip(cohort.acknowledge_targets, cohort.resolve_targets, strict=True))
    return wilson_interval(met, decided).low if decided else "no SLA target was met or missed in four weeks"


def _failed_fixes(tx: Transaction, phase: Phase, now: datetime) -> float | str:
    events = tx.milestones.list_fix_events(phase.id, now - figures.DEFAULT_PERIOD)
    fixes = fix_durability(chain(*map(fixes_of, events)), now).values()
    failed, fixed = sum(one.failed for one in fixes), sum(one.n for one in fixes)
    return wilson_interval(failed, fixed).high if fixed else "nothing was resolved in four weeks"


def _satisfaction(tx: Transaction, phase: Phase) -> float | str:
    waves = figures.satisfaction_by_wave(tx, phase, 20)
    return waves[0][1].low / 100 if waves else "no pulse with visible results has asked about it"


def _adoption(tx: Transaction, phase: Phase, now: datetime) -> float | str:
    today = phase.local_date(now)
    values = tx.readings.list_values(phase.id, Reading.ADOPTION.value, today - MAX_READING_AGE, today)
    return values[-1][1] / 100 if values else "no reading in seven days. Record one with `metrics adoption 80`"


def _knowledge(tx: Transaction, phase: Phase) -> float | str:
    known = [has_article for _, has_article in tx.articles.list_known_issues(phase.id)]
    return sum(known) / len(known) if known else "no problem has a workaround or affects two people"


def _transfer(phase: Phase, decided: Decisions) -> float:
    runs = first_runs(phase, decided)
    return (sum(one.is_settled for one in runs) + (decided.handover is not None)) / (len(runs) + 1)
