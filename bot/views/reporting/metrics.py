"""The metrics message: KPIs, metrics with their bounds, a table by dimension, and definitions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Any

from bot.views import charts
from bot.views.text import Block, actions, button, context, day, duration, message, quote, section, when
from domain.phases.phase import Phase
from domain.reporting import figures
from domain.reporting.figures import Backlog, Cohort, PeriodCounts
from domain.reporting.kpis import KpiTarget, TargetResult
from domain.reporting.metrics import (
    DEFINITIONS,
    METHOD,
    DurationMetric,
    Metrics,
    ShareMetric,
    backlog_trend,
    calculate_metrics,
)
from domain.reporting.recurrence import FixDurability, failure_rate_ratio
from domain.text import plural
from domain.tickets.ticket import Fix

Message = dict[str, Any]
DIMENSIONS = (*figures.DIMENSIONS, "group")
MARKS = {True: ":white_check_mark: ", False: ":warning: ", None: ""}
BACKLOG = {
    "growing": "The backlog is growing.",
    "shrinking": "The backlog is shrinking.",
    "steady": "The backlog is steady.",
}
VERDICTS = {True: "met", False: "missed", None: "no data"}
MIN_DECIMALS, MAX_DECIMALS = 2, 6
MAX_ROWS, MAX_NAME_LENGTH = 20, 40


def summary(found: Metrics) -> str:
    """Return the metrics as lines of text."""
    lines = [
        f"*Time to acknowledge (MTTA)* {_length(found.acknowledge)}",
        f"*Time to workaround* {_length(found.workaround)}",
        f"*Time to resolve (MTTR)* {_length(found.resolve)}",
        f"*Targets met* acknowledged {_share(found.acknowledged_in_time)}, resolved {_share(found.resolved_in_time)}",
        f"*Reopened* {_share(found.reopened)} · *First-time fix* {_share(found.first_fix)}",
    ]  # fmt: skip
    return "\n".join(lines)


def kpi_line(one: TargetResult) -> str:
    """Return a KPI with its target and verdict."""
    value, target, met_label, met = verdict(one)
    return f"{one.kpi.label}: *{value}* ({target}) · {MARKS[met]}{met_label}"


def verdict(one: TargetResult) -> tuple[str, str, str, bool | None]:
    """Return the value, the target, the verdict as text, and whether the target is met."""
    value = "unknown" if one.value is None else f"{_rounded(one, one.value)}{_unit(one.kpi)}"
    if one.value is not None and one.gaps:
        value += plural(one.gaps, " (1 day of the week has no reading)", " ({count} days of the week have no reading)")
    return value, _target(one), VERDICTS[one.is_met], one.is_met


def _target(one: TargetResult) -> str:
    if one.target is None:
        return "no target"
    bound = f"{_number(one.target, MAX_DECIMALS)}{_unit(one.kpi)}"
    return f"target at least {bound}" if one.kpi.more_is_better else f"target at most {bound}"


def page(
    phase: Phase, dimension: str, since: datetime, cohorts: Mapping[str, Cohort], whole: Cohort, count: PeriodCounts,
    backlog: Backlog, kpis: Sequence[TargetResult], fixes: Mapping[Fix | None, FixDurability],
) -> Message:  # fmt: skip
    """The metrics of the tickets opened since then, grouped by a dimension."""
    found = calculate_metrics(whole)
    text = f"Metrics of {phase.name} since {day(since)}. Reports: {found.opened}."
    flow = f"Opened: {count.opened}. Closed: {count.closed}. Open now: {backlog.total}."
    blocks: list[Block] = [
        section(f"*Metrics* · {quote(phase.name)} · since {when(since)} · reports: {found.opened}"),
        section("\n".join(map(kpi_line, kpis))), section(summary(found)),
        section(f"*Net flow* {flow} {BACKLOG[backlog_trend(count.opened, count.closed)]}"),
    ]  # fmt: skip
    blocks += [section(f"*Failed fixes* {failed_fixes(fixes)}")] if fixes else []
    rows = [row(name, cohort) for name, cohort in sorted(cohorts.items(), key=lambda pair: -pair[1].opened)[:MAX_ROWS]]
    if rows:
        head = [dimension.capitalize(), "Reports", "MTTA", "MTTR", "90 % within", "Targets met", "Reopened"]
        blocks.append(charts.table(f"By {dimension}", head, rows))
    meanings = "\n".join(f"*{name}*: {meaning}." for name, meaning in DEFINITIONS.items())
    others = [
        button(f"By {other}", f"metrics:{other}", f"{phase.key} {other}") for other in DIMENSIONS if other != dimension
    ]
    return message(text, [*blocks, actions(*others), context(meanings), context(METHOD)])


def failed_fixes(fixes: Mapping[Fix | None, FixDurability]) -> str:
    """Return how many fixes of each kind failed, and whether one kind fails more often."""
    parts = []
    for kind in (*Fix, None):
        if found := fixes.get(kind):
            label, bounds = kind.label if kind else "Kind not given", found.share.scaled(100)
            parts.append(
                f"{label}: {found.failed} of {found.n} ({bounds.low:.0f} to {bounds.high:.0f} % so far, "
                f"{100 * found.expected:.0f} % expected in two weeks)."
            )
    ratio = failure_rate_ratio(fixes, Fix.SYMPTOM, Fix.ROOT_CAUSE)
    if ratio and (ratio.low > 1 or ratio.high < 1):
        limits = f"at least {ratio.low:.1f}" if ratio.high == inf else f"{ratio.low:.1f} to {ratio.high:.1f}"
        parts.append(f"Symptom fixes fail {ratio.value:.1f} times as often as root-cause fixes ({limits}).")
    return " ".join(parts)


def row(name: str, cohort: Cohort) -> list[str | int | float]:
    """Return a table row: the name and six metrics."""
    found = calculate_metrics(cohort)
    return [charts.cut(name or "not given", MAX_NAME_LENGTH), found.opened, duration(found.acknowledge.median),
            duration(found.resolve.median), duration(found.resolve.p90), percent(found.resolved_in_time),
            percent(found.reopened)]  # fmt: skip


def _length(found: DurationMetric) -> str:
    if found.median is None:
        return "unknown until half are done" if found.n else "no tickets yet"
    p90 = f"90 % within {duration(found.p90)}" if found.p90 is not None else "90 % not reached yet"
    return f"half within {duration(found.median)}, {p90} ({found.ended} of {found.n} done)"


def _share(found: ShareMetric | None) -> str:
    if found is None:
        return "–"
    bounds = found.interval.scaled(100)
    return f"{bounds.value:.0f} % ({bounds.low:.0f} to {bounds.high:.0f}; of {found.n})"


def percent(found: ShareMetric | None) -> str:
    """Return a share in short."""
    return f"{100 * found.interval.value:.0f} % of {found.n}" if found else "–"


def _rounded(one: TargetResult, value: float) -> str:
    """The value with enough decimals to see whether its target is met."""
    options = range(MIN_DECIMALS, MAX_DECIMALS)
    enough = (n for n in options if replace(one, value=round(value, n)).is_met == one.is_met)
    return _number(value, next(enough, MAX_DECIMALS))


def _number(value: float, decimals: int = MIN_DECIMALS) -> str:
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".")


def _unit(kpi: KpiTarget) -> str:
    return f" {kpi.unit}" if kpi.unit else ""
