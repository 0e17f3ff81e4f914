"""The trends message: one line a finding, with buttons that list the tickets behind it."""

from collections.abc import Iterator
from datetime import datetime
from math import isfinite
from typing import Any

from bot.views import charts
from bot.views.actions.actions import improve_button
from bot.views.text import Block, actions, button, context, day, message, quote, section
from domain.actions.action_item import ActionKind
from domain.phases.phase import Phase
from domain.reporting.readings import Baseline
from domain.reporting.trends import (
    HourlyCounts,
    PeriodComparison,
    RecurringIssue,
    RepeatedIssue,
    Trends,
    busiest_hour,
)
from domain.schedule import WEEKDAYS
from domain.statistics.coincidence import EventEffect
from domain.statistics.comparison import MetricChange, RateRatio
from domain.statistics.concentration import Hotspot
from domain.text import plural
from domain.tickets.filters import AgeRange
from domain.tickets.types import TicketType

Message = dict[str, Any]
MAX_FINDINGS = 5  # of a kind
MAX_SUMMARY = 80  # characters
HOURS_IN_COLUMN = 3
RECURRING, HOTSPOTS, QUIET = "Recurring issues", "Hotspots", "Quiet groups and undetected defects"
REPEATED = "Repeated problems"
AFTER_EVENTS, CO_OCCURRING = "After events", "Occur together"
BEFORE, AFTER = "Compared with before the go-live", "Since the end, compared with the last four weeks"
METHODS = {
    RECURRING: "Recurring issues: reported about twice as often as expected. While reports become fewer overall, fewer "
    "of each kind are expected.",
    REPEATED: "Repeated problems: further occurrences, reopenings, and recurrences after a fix.",
    HOTSPOTS: "Hotspots: about 1 in 10 of them may be due to chance.",
    QUIET: "Quiet groups: fewer reports and contacts than expected from the other groups. Undetected defects: "
    "estimated from how many users and testers both found.",
    AFTER_EVENTS: "After events: more reports than if the events had been at other times.",
    CO_OCCURRING: "Occur together: compared with other days of the same weeks.",
    BEFORE: "Before the go-live: the same weekdays are compared, and durations include open tickets.",
}


def page(phase: Phase, found: Trends, now: datetime) -> Message:
    """Return the trends message."""
    blocks: list[Block] = [section(f"*Trends* · {quote(phase.name)}")]
    findings = sentences(found)
    for title, lines in findings:
        blocks.append(section("\n".join([f"*{title}*", *(f"• {quote(line)}" for line in lines)])))
    if len(blocks) == 1:
        blocks.append(section("Nothing significant so far."))
    blocks += _week(found.hours, "Reports")
    slow = sum(found.hours_by_type.get(TicketType.PERFORMANCE, {}).values())
    buttons = [button(f"{_label(one)} ({one.count})", f"list:{n}", _list(phase, one, now))
               for n, one in enumerate(found.recurring[:MAX_FINDINGS])]  # fmt: skip
    buttons += [improve_button("Add training", ActionKind.TRAINING, phase.key, training_title(cell), number=n)
                for n, cell in enumerate(found.hotspots[:MAX_FINDINGS]) if cell.training_helps]  # fmt: skip
    if slow:
        buttons.append(button("Performance only", "trends:performance", f"{phase.key} {TicketType.PERFORMANCE}"))
    more = [actions(*buttons)] if buttons else []
    methods = " ".join(METHODS[title] for title, _ in findings if title in METHODS)
    return message(f"Trends of {phase.name}", [*blocks, *more, *([context(methods)] if methods else [])])


def hours_page(phase: Phase, found: Trends, kind: TicketType) -> Message:
    """Return when reports of one type come in, by weekday and hour."""
    title = f"{kind.label} reports"
    blocks = _week(found.hours_by_type.get(kind, {}), title)
    none = [section(f"There are no {kind.label.lower()} reports in this period.")]
    return message(f"{title} of {phase.name}", [section(f"*{title}* · {quote(phase.name)}"), *(blocks or none)])


def sentences(found: Trends) -> list[tuple[str, list[str]]]:
    """Return (title, lines) of each kind with findings."""
    parts = {
        RECURRING: [_recurring(one) for one in found.recurring[:MAX_FINDINGS]],
        REPEATED: [_repeated(one) for one in found.repeated[:MAX_FINDINGS]],
        HOTSPOTS: _hotspots(found),
        QUIET: [*_quiet(found)],
        AFTER_EVENTS: [_after_events(kind, one) for kind, one in found.after_events[:MAX_FINDINGS]],
        CO_OCCURRING: [
            plural(
                one.count,
                "{type} and {other}: once in the same two hours (usually {usual:.1f})",
                "{type} and {other}: {count} times in the same two hours (usually {usual:.1f})",
                type=TicketType(one.one).label,
                other=TicketType(one.other).label.lower(),
                usual=one.expected,
            )
            for one in found.co_occurring[:MAX_FINDINGS]
        ],
        BEFORE: [*_compared(found.before)],
        AFTER: [*_compared(found.after)],
        "Words of the last seven days": [
            plural(
                one.now,
                "{word}: 1 person, rising (previously {before})"
                if one.rising
                else "{word}: 1 person (previously {before})",
                "{word}: {count} people, rising (previously {before})"
                if one.rising
                else "{word}: {count} people (previously {before})",
                word=one.word,
                before=one.before,
            )
            for one in found.topics
        ],
    }
    return [(title, lines) for title, lines in parts.items() if lines]


def _recurring(one: RecurringIssue) -> str:
    count = f"{_label(one)}: {one.count} since {one.since:%a} {day(one.since)}"
    if one.is_relapse:
        return f"{count}, when {one.usual_rate:.1f} a day were expected, as reports become fewer"
    if one.is_provisional:
        return f"{count} (usually {one.usual_rate:.1f} a day, provisional)"
    return f"{count} (usually {one.usual_rate:.1f} a day)"


def _repeated(one: RepeatedIssue) -> str:
    parts = (
        plural(one.occurrences, "1 further occurrence", "{count} further occurrences") if one.occurrences else "",
        plural(one.reopened, "reopened once", "reopened {count} times") if one.reopened else "",
        plural(one.recurred, "recurred once after a fix", "recurred {count} times after a fix") if one.recurred else "",
    )
    return f"{one.name} {one.summary[:MAX_SUMMARY]}: {', '.join(filter(None, parts))}"


def _after_events(type_: str, one: EventEffect) -> str:
    figures = f"{one.count} (usually {one.expected:.1f})"
    if type_:
        kind = TicketType(type_).label.lower()
        return f"Reports of type {kind} within four hours after {one.events} × {one.kind}: {figures}"
    return f"Reports within four hours after {one.events} × {one.kind}: {figures}"


def _hotspots(found: Trends) -> list[str]:
    rows = [
        f"{one.name}: {one.count} (an equal share is {one.expected:.1f})"
        for one in found.overrepresented[:MAX_FINDINGS]
    ]
    for cell in found.hotspots[:MAX_FINDINGS]:
        hint = "Training may help." if cell.training_helps else "Find out what is different in this group."
        rows.append(f"{cell.module} in {cell.group}: {cell.count} (usually {cell.expected:.1f}). {hint}")
    return rows


def training_title(cell: Hotspot) -> str:
    """Return what a training action for a group and a module is called."""
    return f"Train {cell.group} in {cell.module}"


def _compared(found: PeriodComparison) -> Iterator[str]:
    yield from (f"{metric.capitalize()}: {_rate_ratio(ratio)}" for metric, ratio in found.rates.items())
    yield from (_changed(metric, change) for metric, change in found.changes.items())


def _rate_ratio(ratio: RateRatio | None) -> str:
    if ratio is None:
        return "not enough data for the same weekdays"
    if ratio.before == 0:
        return f"none before, now at least {ratio.ratio.low:.1f} times as many a day"
    times = f"{ratio.ratio.value:.1f} times as many a day ({ratio.ratio.low:.1f} to {ratio.ratio.high:.1f})"
    return times if ratio.differs else f"no significant change, {times}"


def _quiet(found: Trends) -> Iterator[str]:
    """Quiet groups, and the estimate of undetected defects."""
    for one in found.quiet_groups[:MAX_FINDINGS]:
        yield plural(
            one.count,
            "{group} ({people} people): heard of once, {expected:.1f} expected. Ask this group how it's going.",
            "{group} ({people} people): heard of {count} times, {expected:.1f} expected. "
            "Ask this group how it's going.",
            group=one.name, people=one.people, expected=one.expected,
        )  # fmt: skip
    if defects := found.undetected:
        yield (f"Known defects: {defects.known} ({defects.users} reported by users, {defects.testers} by testers, "
               f"monitoring, floor walkers or in sessions, {defects.both} by both). "
               f"Estimated total: {defects.total:.0f} ± {defects.standard_error:.0f}. "
               f"Not reported yet: about {defects.undetected:.0f}.")  # fmt: skip


def _changed(metric: Baseline, change: MetricChange | None) -> str:
    label = {Baseline.RESOLUTION: "Median time to resolution", Baseline.IN_TIME: "Resolved on target",
             Baseline.FIRST_FIX: "First-time fix", Baseline.SATISFIED: "Satisfied"}[metric]  # fmt: skip
    if change is None:
        return f"{label}: not enough data to compare"
    hours = metric is Baseline.RESOLUTION
    factor, digits, unit, difference = (1 / 60, 1, " h", " h") if hours else (100, 0, " %", " points")
    now, before = (f"{factor * value:.{digits}f}{unit}" for value in (change.now, change.before))
    if not change.differs:
        return f"{label}: no significant change, {now} (previously {before})"
    low, high = (
        f"{factor * value:+.{digits}f}" if isfinite(value) else "any"
        for value in (change.difference.low, change.difference.high)
    )
    return f"{label}: {now} (previously {before}, difference {low} to {high}{difference})"


def _week(hours: HourlyCounts, title: str) -> list[Block]:
    """The busiest hour, and a table of the week; the report has every hour."""
    most = busiest_hour(hours)
    if most is None:
        return []
    weekday, hour, count = most
    head = ["Day", *(f"{start}–{start + HOURS_IN_COLUMN}" for start in range(0, 24, HOURS_IN_COLUMN))]
    rows: list[list[str | float]] = [
        [
            WEEKDAYS[n].capitalize(),
            *(
                sum(hours.get((n, start + h), 0) for h in range(HOURS_IN_COLUMN))
                for start in range(0, 24, HOURS_IN_COLUMN)
            ),
        ]
        for n in range(7)
    ]
    text = plural(
        count,
        "*Busiest hour* {weekday} {hour}:00 to {end}:00, 1 report",
        "*Busiest hour* {weekday} {hour}:00 to {end}:00, {count} reports",
        weekday=WEEKDAYS[weekday].capitalize(),
        hour=hour,
        end=hour + 1,
    )
    return [section(text), charts.table(f"{title} by weekday and hour", head, rows)]


def _label(one: RecurringIssue) -> str:
    if one.dimension == "all":
        return "All reports"
    return TicketType(one.name).label if one.dimension == "type" else one.name


def _list(phase: Phase, one: RecurringIssue, now: datetime) -> str:
    begins, ends = phase.start_of_day(one.since), phase.start_of_day(phase.local_date(now))
    every = f"{AgeRange('opened', begins, ends)} public tasks unique phase:{phase.key}"
    if one.dimension == "all":
        return every
    name = f"={one.name}" if one.dimension == "module" else one.name
    return f'{every} {one.dimension}:"{name}"'
