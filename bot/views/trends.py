"""Trends as they are read: a finding a line, with the list behind it; what is not shown by numbers is not said."""

from datetime import UTC, datetime, time, timedelta
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
    text = f"Trends of {phase.name}"
    parts = [lines for lines in (_recurring(found), _where(found), _silent(found), _events(found), _before(found),
                                 _topics(found)) if lines]  # fmt: skip
    blocks: list[Block] = [section(f"*Trends* · {quote(phase.name)}")]
    blocks += [section("\n".join(lines)) for lines in parts]
    if not parts:
        blocks.append(section("Nothing stands out beyond what chance explains."))
    blocks += _week(found.hours)
    buttons = [button(f"{_label(one)} ({one.count})", f"list:{n}", _list(phase, one, now))
               for n, one in enumerate(found.recurring[:EACH])]  # fmt: skip
    return message(text, [*blocks, *([actions(*buttons)] if buttons else []), context(HOW)])


def _recurring(found: Trends) -> list[str]:
    rows = [f"• {_label(one)}: {one.count} since {one.since:%a %d %b}, where {one.usual:.1f} a day were usual"
            f"{' (still learning what is usual)' if one.learning else ''}"
            for one in found.recurring[:EACH]]  # fmt: skip
    return ["*Comes again and again*", *rows] if rows else []


def _where(found: Trends) -> list[str]:
    rows = [f"• {quote(one.name, 80)}: {one.count}, where an equal share would be {one.expected:.1f}"
            for one in found.heavy[:EACH]]  # fmt: skip
    for cell in found.gathered[:EACH]:
        hint = "training may help" if cell.learning else "look at what is different there"
        rows.append(f"• {quote(cell.module, 80)} in {quote(cell.group, 80)}: {cell.count}, where {cell.expected:.0f} "
                    f"would be usual; {hint}")  # fmt: skip
    return ["*Gathers in*", *rows] if rows else []


def _silent(found: Trends) -> list[str]:
    rows = [f"• {quote(one.name, 80)}: {one.count} reports of {one.people} people, where {one.expected:.0f} would be "
            "usual; ask how they are doing" for one in found.silent[:EACH]]  # fmt: skip
    return ["*No news is not good news*", *rows] if rows else []


def _events(found: Trends) -> list[str]:
    rows = [f"• {one.count} {f'of type {Type(kind).label.lower()} ' if kind else ''}within four hours after "
            f"{one.marks} × {quote(one.kind, 40)}, where {one.expected:.1f} would be usual"
            for kind, one in found.follows[:EACH]]  # fmt: skip
    return ["*Follows events*", *rows] if rows else []


def _before(found: Trends) -> list[str]:
    rows = [f"• {metric.capitalize()}: {_times(ratio)}" for metric, ratio in found.baseline.items()]
    return ["*Against the time before the go-live*", *rows] if rows else []


def _times(ratio: Ratio | None) -> str:
    if ratio is None:
        return "too few, or other weekdays, to compare"
    times = f"{ratio.times.value:.1f} times as many a day ({ratio.times.low:.1f} to {ratio.times.high:.1f})"
    return times if ratio.differs else f"no difference shown; {times}"


def _topics(found: Trends) -> list[str]:
    words = [f"{quote(one.word, 40)} {one.now} (before: {one.before}{', rising' if one.rising else ''})"
             for one in found.topics]  # fmt: skip
    return [f"*Words of the last seven days* {', '.join(words)}"] if words else []


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
    return Type(one.name).label if one.side == "type" else quote(one.name, 60)


def _list(phase: Phase, one: Recurring, now: datetime) -> str:
    begins = datetime.combine(one.since, time(), ZoneInfo(phase.timezone)).astimezone(UTC)
    span = Span("opened", begins, now + timedelta(minutes=1))
    return f'{span} public phase:{phase.key} {one.side}:"{one.name}"'
