"""Trends as they are read: a finding a line, with the list behind it; what is not shown by numbers is not said."""

from collections.abc import Iterator
from datetime import datetime
from math import isfinite
from typing import Any

from bot.views import charts
from bot.views.text import Block, actions, button, context, message, quote, section
from domain.phases.phase import Phase
from domain.reporting.readings import Baseline
from domain.reporting.trends import HourlyCounts, PeriodComparison, RecurringIssue, Trends, busiest_hour
from domain.schedule import WEEKDAYS
from domain.statistics.comparison import MetricChange, RateRatio
from domain.tickets.filters import AgeRange
from domain.tickets.types import TicketType

Message = dict[str, Any]
EACH = 5  # findings of a kind
PART = 3  # hours in a column of the table
AGAIN, WHERE, QUIET = "Comes again and again", "Gathers in", "No news is not good news"
FOLLOWS, TOGETHER = "Follows events", "Come together"
BEFORE, AFTER = "Against the time before the go-live", "Since it ended, against its last four weeks"
HOW = {
    AGAIN: "Recurring: a Poisson CUSUM that finds a doubled rate.",
    WHERE: "Parts and groups: what stands out beyond chance, at a false discovery rate of 10 %.",
    QUIET: "Silent: fewer reports than the other groups' rate makes likely. Not told of yet: Chapman's estimate.",
    FOLLOWS: "After events: against every other hour to which they could be moved.",
    TOGETHER: "Together: against other days of the same weeks.",
    BEFORE: "Before the go-live: counts of the same weekdays with exact bounds, times with what is still open.",
}


def page(phase: Phase, found: Trends, now: datetime) -> Message:
    blocks: list[Block] = [section(f"*Trends* · {quote(phase.name)}")]
    told = sentences(found)
    for title, lines in told:
        blocks.append(section("\n".join([f"*{title}*", *(f"• {quote(line)}" for line in lines)])))
    if len(blocks) == 1:
        blocks.append(section("Nothing stands out beyond what chance explains."))
    blocks += _week(found.hours)
    buttons = [button(f"{_label(one)} ({one.count})", f"list:{n}", _list(phase, one, now))
               for n, one in enumerate(found.recurring[:EACH])]  # fmt: skip
    more = [actions(*buttons)] if buttons else []
    ways = " ".join(HOW[title] for title, _ in told if title in HOW)
    return message(f"Trends of {phase.name}", [*blocks, *more, *([context(ways)] if ways else [])])


def sentences(found: Trends) -> list[tuple[str, list[str]]]:
    """Findings by what they are about, in plain words; nothing of what there is nothing to say of."""
    parts = {
        AGAIN: [_again(one) for one in found.recurring[:EACH]],
        WHERE: _where(found),
        QUIET: [*_quiet(found)],
        FOLLOWS: [
            f"{one.count} {f'of type {TicketType(kind).label.lower()} ' if kind else ''}within four hours "
            f"after {one.events} "
            f"× {one.kind}, where {one.expected:.1f} would be usual"
            for kind, one in found.follows[:EACH]
        ],
        TOGETHER: [
            f"{TicketType(one.one).label} and {TicketType(one.other).label.lower()} "
            f"within the same two hours {one.count} times, "
            f"where {one.expected:.1f} would be usual"
            for one in found.together[:EACH]
        ],
        BEFORE: [*_compared(found.before)],
        AFTER: [*_compared(found.after)],
        "Words of the last seven days": [
            f"{one.word}: {one.now} people (before: {one.before}){', rising' if one.rising else ''}"
            for one in found.topics
        ],
    }
    return [(title, lines) for title, lines in parts.items() if lines]


def _again(one: RecurringIssue) -> str:
    learning = " (still learning what is usual)" if one.is_provisional else ""
    return f"{_label(one)}: {one.count} since {one.since:%a %d %b}, where {one.usual:.1f} a day were usual{learning}"


def _where(found: Trends) -> list[str]:
    rows = [f"{one.name}: {one.count}, where an equal share would be {one.expected:.1f}" for one in found.heavy[:EACH]]
    for cell in found.gathered[:EACH]:
        hint = "training may help" if cell.training_helps else "look at what is different there"
        usual = f"{cell.count}, where {cell.expected:.1f} would be usual"
        rows.append(f"{cell.module} in {cell.group}: {usual}; {hint}")
    return rows


def _compared(found: PeriodComparison) -> Iterator[str]:
    yield from (f"{metric.capitalize()}: {_times(ratio)}" for metric, ratio in found.counts.items())
    yield from (_changed(metric, change) for metric, change in found.single.items())


def _times(ratio: RateRatio | None) -> str:
    if ratio is None:
        return "too few, or other weekdays, to compare"
    if ratio.before == 0:
        return f"none before, and at least {ratio.ratio.low:.1f} times as many a day since"
    times = f"{ratio.ratio.value:.1f} times as many a day ({ratio.ratio.low:.1f} to {ratio.ratio.high:.1f})"
    return times if ratio.differs else f"no difference shown; {times}"


def _quiet(found: Trends) -> Iterator[str]:
    """Who says nothing, and what nobody has said."""
    for one in found.silent[:EACH]:
        usual = f"{one.count} reports of {one.people} people, where {one.expected:.1f} would be usual"
        yield f"{one.name}: {usual}; ask how they are doing"
    if hidden := found.unseen:
        told = f"{hidden.users} by users and {hidden.testers} by testers, {hidden.both} of them by both"
        there = f"there are some {hidden.total:.0f}, give or take {hidden.standard_error:.0f}"
        yield f"{hidden.known} defects are known, {told}: {there}, so about {hidden.undetected:.0f} nobody has told of"


def _changed(metric: Baseline, change: MetricChange | None) -> str:
    label = {Baseline.RESOLUTION: "Median time to resolution", Baseline.IN_TIME: "Resolved in time",
             Baseline.FIRST_FIX: "First-time fix"}[metric]  # fmt: skip
    if change is None:
        return f"{label}: too few, or too few that ended, to compare"
    factor, unit = (1 / 60, " h") if metric is Baseline.RESOLUTION else (100, " %")
    digits = 1 if unit == " h" else 0
    now, before = (f"{factor * value:.{digits}f}{unit}" for value in (change.now, change.before))
    if not change.differs:
        return f"{label}: no difference shown; {now}, and {before} before"
    low, high = (
        f"{factor * value:+.{digits}f}" if isfinite(value) else "any"
        for value in (change.difference.low, change.difference.high)
    )
    return f"{label}: {now}, and {before} before (from {low} to {high}{unit if unit == ' h' else ' points'})"


def _week(hours: HourlyCounts) -> list[Block]:
    """When it happens; the whole week by the hour is in the report."""
    most = busiest_hour(hours)
    if most is None:
        return []
    day, hour, count = most
    head = ["Day", *(f"{start}–{start + PART}" for start in range(0, 24, PART))]
    rows: list[list[str | float]] = [
        [
            WEEKDAYS[n].capitalize(),
            *(sum(hours.get((n, start + h), 0) for h in range(PART)) for start in range(0, 24, PART)),
        ]
        for n in range(7)
    ]
    busy = f"Most came on {WEEKDAYS[day].capitalize()} from {hour} to {hour + 1}: {count}."
    return [section(f"*When* {busy}"), charts.table("Reports by weekday and hour", head, rows)]


def _label(one: RecurringIssue) -> str:
    return TicketType(one.name).label if one.side == "type" else one.name


def _list(phase: Phase, one: RecurringIssue, now: datetime) -> str:
    begins, ends = phase.start_of_day(one.since), phase.start_of_day(phase.local_date(now))
    name = f"={one.name}" if one.side == "module" else one.name
    return f'{AgeRange("opened", begins, ends)} public tasks unique phase:{phase.key} {one.side}:"{name}"'
