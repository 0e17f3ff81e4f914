"""Trends as they are read: a finding a line, with the list behind it; what is not shown by numbers is not said."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.views import charts
from bot.views.text import Block, actions, button, context, message, quote, section
from domain.comparison import Ratio
from domain.filters import Span
from domain.phase import Phase
from domain.trends import Hours, Recurring, Trends, busiest
from domain.types import Type
from domain.worktime import WEEK

Message = dict[str, Any]
EACH = 5  # findings of a kind
PART = 3  # hours in a column of the table
HOW = (
    "Recurring: a Poisson CUSUM that finds a doubled rate. Parts and groups: what stands out beyond chance, at a false "
    "discovery rate of 10 %. Silent: fewer reports than the other groups' rate makes likely. After events: compared "
    "with every other hour to which they could be moved. Before the go-live: the same weekdays, exact bounds."
)


def page(phase: Phase, found: Trends, now: datetime) -> Message:
    blocks: list[Block] = [section(f"*Trends* · {quote(phase.name)}")]
    for title, lines in sentences(found):
        blocks.append(section("\n".join([f"*{title}*", *(f"• {quote(line)}" for line in lines)])))
    if len(blocks) == 1:
        blocks.append(section("Nothing stands out beyond what chance explains."))
    blocks += _week(found.hours)
    buttons = [button(f"{_label(one)} ({one.count})", f"list:{n}", _list(phase, one, now))
               for n, one in enumerate(found.recurring[:EACH])]  # fmt: skip
    more = [actions(*buttons)] if buttons else []
    return message(f"Trends of {phase.name}", [*blocks, *more, context(HOW)])


def sentences(found: Trends) -> list[tuple[str, list[str]]]:
    """Findings by what they are about, in plain words; nothing of what there is nothing to say of."""
    parts = {
        "Comes again and again": [_again(one) for one in found.recurring[:EACH]],
        "Gathers in": _where(found),
        "No news is not good news": [
            f"{one.name}: {one.count} reports of {one.people} people, where {one.expected:.1f} would be usual; ask how "
            "they are doing" for one in found.silent[:EACH]],
        "Follows events": [
            f"{one.count} {f'of type {Type(kind).label.lower()} ' if kind else ''}within four hours after {one.marks} "
            f"× {one.kind}, where {one.expected:.1f} would be usual" for kind, one in found.follows[:EACH]],
        "Against the time before the go-live": [
            f"{metric.capitalize()}: {_times(ratio)}" for metric, ratio in found.baseline.items()],
        "Words of the last seven days": [
            f"{one.word}: {one.now} people (before: {one.before}){', rising' if one.rising else ''}"
            for one in found.topics],
    }  # fmt: skip
    return [(title, lines) for title, lines in parts.items() if lines]


def _again(one: Recurring) -> str:
    learning = " (still learning what is usual)" if one.learning else ""
    return f"{_label(one)}: {one.count} since {one.since:%a %d %b}, where {one.usual:.1f} a day were usual{learning}"


def _where(found: Trends) -> list[str]:
    rows = [f"{one.name}: {one.count}, where an equal share would be {one.expected:.1f}" for one in found.heavy[:EACH]]
    for cell in found.gathered[:EACH]:
        hint = "training may help" if cell.learning else "look at what is different there"
        usual = f"{cell.count}, where {cell.expected:.1f} would be usual"
        rows.append(f"{cell.module} in {cell.group}: {usual}; {hint}")
    return rows


def _times(ratio: Ratio | None) -> str:
    if ratio is None:
        return "too few, or other weekdays, to compare"
    if ratio.before == 0:
        return f"none before, and at least {ratio.times.low:.1f} times as many a day since"
    times = f"{ratio.times.value:.1f} times as many a day ({ratio.times.low:.1f} to {ratio.times.high:.1f})"
    return times if ratio.differs else f"no difference shown; {times}"


def _week(hours: Hours) -> list[Block]:
    """When it happens; the whole week by the hour is in the report."""
    most = busiest(hours)
    if most is None:
        return []
    day, hour, count = most
    head = ["Day", *(f"{start}–{start + PART}" for start in range(0, 24, PART))]
    rows: list[list[str | float]] = [
        [
            WEEK[n].capitalize(),
            *(sum(hours.get((n, start + h), 0) for h in range(PART)) for start in range(0, 24, PART)),
        ]
        for n in range(7)
    ]
    busy = f"Most came on {WEEK[day].capitalize()} from {hour} to {hour + 1}: {count}."
    return [section(f"*When* {busy}"), charts.table("Reports by weekday and hour", head, rows)]


def _label(one: Recurring) -> str:
    return Type(one.name).label if one.side == "type" else one.name


def _list(phase: Phase, one: Recurring, now: datetime) -> str:
    zone = ZoneInfo(phase.timezone)
    begins, ends = (datetime.combine(on, time(), zone) for on in (one.since, now.astimezone(zone).date()))
    name = f"={one.name}" if one.side == "module" else one.name
    return f'{Span("opened", begins, ends)} public tasks unique phase:{phase.key} {one.side}:"{name}"'
