"""Metrics as they are read: each with its bounds, in a table, and what it means below."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Any

from bot.views import charts
from bot.views.text import Block, actions, button, context, duration, message, quote, section, when
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
from domain.tickets.ticket import Fix

Message = dict[str, Any]
SIDES = (*figures.DIMENSIONS, "group")
MARKS = {True: ":white_check_mark: ", False: ":warning: ", None: ""}
SAID = {True: "met", False: "not met", None: "not judged"}
DECIMALS, MOST_DECIMALS = 2, 6
ROWS, NAME = 20, 40  # of a table in a message, and characters of a name in it


def summary(found: Metrics) -> str:
    """The metrics of everything, a line each."""
    lines = [
        f"*MTTA* {_length(found.acknowledge)}", f"*To workaround* {_length(found.workaround)}",
        f"*MTTR* {_length(found.resolve)}",
        f"*Targets met* acknowledged {_share(found.acknowledged_in_time)}, resolved {_share(found.resolved_in_time)}",
        f"*Reopened* {_share(found.reopened)} · *First-time fix* {_share(found.first_fix)}",
    ]  # fmt: skip
    return "\n".join(lines)


def judged_line(one: TargetResult) -> str:
    """A figure beside its target."""
    value, target, said, met = verdict(one)
    return f"{one.goal.label}: *{value}* ({target}) · {MARKS[met]}{said}"


def verdict(one: TargetResult) -> tuple[str, str, str, bool | None]:
    """The figure, its target, whether it is met in words, and whether it is."""
    value = "not known" if one.value is None else f"{_beside(one, one.value)}{_unit(one.goal)}"
    bound = "at least" if one.goal.more_is_better else "at most"
    aim = "" if one.target is None else f"{bound} {_number(one.target, MOST_DECIMALS)}{_unit(one.goal)}"
    target = f"target {aim}" if aim else "no target"
    return value, target, SAID[one.is_met], one.is_met


def page(
    phase: Phase, side: str, since: datetime, cohorts: Mapping[str, Cohort], whole: Cohort, count: PeriodCounts,
    backlog: Backlog, judged: Sequence[TargetResult], fixes: Mapping[Fix | None, FixDurability],
) -> Message:  # fmt: skip
    """Metrics of what was opened since then, told apart by a side."""
    found = calculate_metrics(whole)
    text = f"Metrics of {phase.name}, of {found.opened} reports since {since:%d %b}"
    flow = f"{count.opened} opened, {count.closed} closed: the backlog is {backlog_trend(count.opened, count.closed)}"
    blocks: list[Block] = [
        section(f"*Metrics* · {quote(phase.name)} · {found.opened} reports since {when(since)}"),
        section("\n".join(map(judged_line, judged))), section(summary(found)),
        section(f"*Net flow* {flow}; {backlog.total} open now."),
    ]  # fmt: skip
    blocks += [section(f"*Fixes that did not last* {lasting(fixes)}")] if fixes else []
    rows = [row(name, cohort) for name, cohort in sorted(cohorts.items(), key=lambda pair: -pair[1].opened)[:ROWS]]
    if rows:
        head = [side.capitalize(), "Reports", "MTTA", "MTTR", "Nine of ten", "Targets met", "Reopened"]
        blocks.append(charts.table(f"By {side}", head, rows))
    meanings = "\n".join(f"*{name}*: {meaning}." for name, meaning in DEFINITIONS.items())
    others = [button(f"By {other}", f"metrics:{other}", f"{phase.key} {other}") for other in SIDES if other != side]
    return message(text, [*blocks, actions(*others), context(meanings), context(METHOD)])


def lasting(fixes: Mapping[Fix | None, FixDurability]) -> str:
    """How many of each kind came back within the window, and whether one kind does so more often."""
    parts = []
    for kind in (*Fix, None):
        if found := fixes.get(kind):
            label, bounds = kind.label.lower() if kind else "kind not said", found.share.scaled(100)
            expected = f"{100 * found.expected:.0f} % expected within two weeks"
            parts.append(
                f"{label} {found.failed} of {found.n} ({expected}; {bounds.low:.0f} to {bounds.high:.0f} so far)"
            )
    times = failure_rate_ratio(fixes, Fix.SYMPTOM, Fix.ROOT_CAUSE)
    if times and (times.low > 1 or times.high < 1):
        most = "" if times.high == inf else f" to {times.high:.1f}"
        parts.append(f"fixes of symptoms come back {times.value:.1f} times as often ({times.low:.1f}{most})")
    return "; ".join(parts)


def row(name: str, cohort: Cohort) -> list[str | int | float]:
    """What a table says of one part: its name, and six figures."""
    found = calculate_metrics(cohort)
    return [charts.cut(name or "not said", NAME), found.opened, duration(found.acknowledge.median),
            duration(found.resolve.median), duration(found.resolve.most), percent(found.resolved_in_time),
            percent(found.reopened)]  # fmt: skip


def _length(found: DurationMetric) -> str:
    if found.median is None:
        return "not known yet: fewer than half are there" if found.n else "nothing to measure"
    most = f"nine of ten within {duration(found.most)}" if found.most is not None else "nine of ten are not there yet"
    return f"{duration(found.median)}, {most} ({found.ended} of {found.n} done)"


def _share(found: ShareMetric | None) -> str:
    if found is None:
        return "–"
    bounds = found.interval.scaled(100)
    return f"{bounds.value:.0f} % ({bounds.low:.0f} to {bounds.high:.0f}; of {found.n})"


def percent(found: ShareMetric | None) -> str:
    """A share in short."""
    return f"{100 * found.interval.value:.0f} % of {found.n}" if found else "–"


def _beside(one: TargetResult, value: float) -> str:
    """With as many decimals as it takes to see whether its target is met."""
    every = range(DECIMALS, MOST_DECIMALS)
    enough = (n for n in every if replace(one, value=round(value, n)).is_met == one.is_met)
    return _number(value, next(enough, MOST_DECIMALS))


def _number(value: float, decimals: int = DECIMALS) -> str:
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".")


def _unit(goal: KpiTarget) -> str:
    return f" {goal.unit}" if goal.unit else ""
