"""The digest as people read it: one calm message with charts, what presses, and the list behind each number."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.views import charts
from bot.views.followup.promises import summary as summary_of_promises
from bot.views.reporting.metrics import judged_line, summary
from bot.views.text import Block, actions, button, context, mention, message, quote, section, when
from domain.phases.phase import Phase
from domain.pulse.results import score
from domain.pulse.wave import Wave
from domain.reporting.digest import CHART_DAYS, DigestData, UnusualCount, WeekSummary
from domain.reporting.figures import Backlog, PeriodCounts
from domain.reporting.kpis import TargetResult
from domain.reporting.metrics import backlog_trend, calculate_metrics
from domain.reporting.settings import Audience, Digest, DigestFrequency
from domain.tickets.filters import AgeRange
from domain.tickets.ticket import Severity, Ticket

Message = dict[str, Any]
WORST = (Severity.CRITICAL, Severity.HIGH)
MODULES = 8
PROMISES = 10
THANKS = 5


def digest(
    phase: Phase, asked: Digest, morning: DigestData, week: WeekSummary | None, judged: Sequence[TargetResult]
) -> Message:  # fmt: skip
    """`judged` are the six figures that the phase is judged by."""
    text = f"{phase.key}: {_open(morning.backlog)}; {_happened(morning.count)}."
    if morning.is_quiet and asked.every is DigestFrequency.DAY:
        quiet = f"*{quote(phase.name)}* · quiet since {when(morning.since)}: nothing new; {_open(morning.backlog)}."
        return message(f"{phase.key}: quiet, {_open(morning.backlog)}.", [section(quiet)])
    blocks = [section(_head(phase, asked, morning)), section(_said(morning, asked.audience))]
    blocks += [
        section("\n".join(found))
        for found in (_late(morning), _promised(morning), _to_reporters(morning))
        if found and _named(asked)
    ]
    blocks += [section("\n".join(_thanks(morning)))] if morning.thanks else []
    blocks += _surprises(morning) + _charts(morning) + _parts(morning.backlog)
    blocks += _week(morning, week) if week else []
    blocks += [section("\n".join(map(judged_line, judged)))] if judged else []
    return message(text, [*blocks, *_foot(morning, asked), actions(*_buttons(phase, morning, asked.audience))])


def link(phase: Phase, address: str, days: int) -> str:
    """Whoever has it can read the report; it names nobody."""
    return (f"The report of {quote(phase.name)}, for whoever has this link, until it ends in {days} "
            f"day{'s' if days != 1 else ''}: {address}")  # fmt: skip


def _named(asked: Digest) -> bool:
    """Whether tickets and people are named: to those who work on them."""
    return asked.audience is Audience.TEAM


def _open(backlog: Backlog) -> str:
    worst = [f"{backlog.severities[s]} {s.value}" for s in WORST if backlog.severities[s]]
    return f"{backlog.total} open" + (f" ({', '.join(worst)})" if worst else "")


def _happened(count: PeriodCounts) -> str:
    said = [f"{count.opened} new", f"{count.resolved} resolved"]
    said += [f"{count.reopened} reopened"] if count.reopened else []
    return ", ".join([*said, *([f"{count.breached} ran over their time"] if count.breached else [])])


def _head(phase: Phase, asked: Digest, morning: DigestData) -> str:
    local = morning.until.astimezone(ZoneInfo(asked.timezone or phase.timezone))
    number = (local.date() - phase.go_live).days + 1 if phase.go_live else 0
    whole = (phase.planned_end - phase.go_live).days + 1 if phase.go_live and phase.planned_end else 0
    day = f" · day {number}{f' of {whole}' if number <= whole else ''}" if number > 0 else ""
    return f"*{quote(phase.name)}*{day} · since {when(morning.since)}"


def _said(morning: DigestData, audience: Audience) -> str:
    backlog, count = morning.backlog, morning.count
    lines = [f"*{_open(backlog)}* · {_happened(count)}"]
    if audience is Audience.REPORTERS:
        return "\n".join([*lines, "Every one of them is followed up; `/hypercare mine` shows yours."])
    turns = ((backlog.ours, "with the team"), (backlog.theirs, "waiting for their reporters"),
             (backlog.deferred, "put off"), (backlog.unowned, "without an owner"))  # fmt: skip
    lines += [", ".join(f"{number} {what}" for number, what in turns if number)] if backlog.total else []
    if morning.unanswered and audience is Audience.TEAM:
        lines.append(f"Oldest unanswered: {_name(morning.unanswered)}, since {when(morning.unanswered.opened_at)}")
    if morning.expected:
        lines.append(f"{morning.expected:g} reports a working day were planned for; {count.opened} came.")
    if count.praise:
        lines.append(f"{count.praise} said thank you or praised something.")
    return "\n".join(lines)


def _name(ticket: Ticket) -> str:
    return f"*{ticket.name}* {quote(ticket.summary, 100)}"


def _late(morning: DigestData) -> list[str]:
    if not morning.late:
        return []
    rest = morning.backlog.late - len(morning.late)
    rows = [f"• {_name(t)} · since {when(t.due_at)} · {mention(t.owner) if t.owner else 'no owner yet'}"
            for t in morning.late if t.due_at]  # fmt: skip
    return [f":hourglass: *Over the time that was promised* ({morning.backlog.late})", *rows,
            *([f"… and {rest} more"] if rest > 0 else [])]  # fmt: skip


def _promised(morning: DigestData) -> list[str]:
    if not morning.promised:
        return []
    rest = morning.backlog.promised - len(morning.promised)
    rows = [f"• {_name(t)} · {when(t.due_at)}" for t in morning.promised if t.due_at]
    return [f"*Due today* ({morning.backlog.promised})", *rows, *([f"… and {rest} more"] if rest > 0 else [])]


def _thanks(morning: DigestData) -> list[str]:
    """The newest words of thanks."""
    rest = len(morning.thanks) - THANKS
    said = [f":heart: {mention(by)} says: {quote(words, 250)}" for by, words in morning.thanks[-THANKS:]]
    return [*said, *([f"… and {rest} more"] if rest > 0 else [])]


def _to_reporters(morning: DigestData) -> list[str]:
    """What reporters wait for today, because somebody named the day."""
    rows = [
        f"• {_name(ticket)} · {what} by {when(due)} · {mention(maker)}" for ticket, what, maker, due in morning.promises
    ]
    return [f"*Promised to reporters for today* ({len(rows)})", *rows[:PROMISES]] if rows else []


def _surprises(morning: DigestData) -> list[Block]:
    """What is out of the ordinary; nothing when nothing is."""
    lines = [":mag: *Out of the ordinary*", *map(_unusual, morning.unusual)]
    return [section("\n".join(lines))] if morning.unusual else []


def _unusual(found: UnusualCount) -> str:
    usual = f"{found.limits.low:.0f} to {found.limits.high:.0f}"
    return f"{found.name.capitalize()} on {found.on:%a %d %b}: {found.value}; usually {usual}."


def _charts(morning: DigestData) -> list[Block]:
    """How it went lately, and what is open."""
    busy = [n for n, (_, count) in enumerate(morning.days) if not count.is_quiet]
    if not busy:
        return []
    shown = morning.days[busy[0] :][-CHART_DAYS:]  # not from before anybody reported anything
    labels = [f"{on:%d %b}" for on, _ in shown]
    lines = {"New": [c.opened for _, c in shown], "Resolved": [c.resolved for _, c in shown]}
    severities = {s.value.capitalize(): morning.backlog.severities[s] for s in Severity}
    share = charts.pie("Open, by severity", severities)
    return [charts.chart("New and resolved, by day", "line", lines, labels), *([share] if share else [])]


def _parts(backlog: Backlog) -> list[Block]:
    modules = [(name or "not said", count) for name, count in backlog.modules.most_common(MODULES)]
    return [charts.table("Open, by part of the system", ["Part", "Open"], modules)] if len(modules) > 1 else []


def _week(morning: DigestData, week: WeekSummary) -> list[Block]:
    count, before = morning.count, week.before
    flow = backlog_trend(count.opened, count.closed)
    pairs = f"New {count.opened} (before: {before.opened}), resolved {count.resolved} (before: {before.resolved})"
    kept = summary_of_promises(week.kept)
    return [section(f"{pairs}; the backlog is {flow}."), section(summary(calculate_metrics(week.whole))),
            *([section(kept)] if kept else [])]  # fmt: skip


def _foot(morning: DigestData, asked: Digest) -> Iterable[Block]:
    on_call = ", ".join(f"{name} {mention(person) if person else 'nobody'}" for name, person in morning.on_call)
    said = [f"On call: {on_call}"] if on_call and _named(asked) else []
    said += ["Tickets from before the upgrade are still being counted."] if morning.behind else []
    said += [line] if morning.pulse and (line := _felt(morning.pulse)) else []
    return [context(*said)] if said else []


def _felt(wave: Wave) -> str:
    found = score(wave.pulse.questions[0], wave.result) if wave.result else None
    if found is None:
        return ""
    bounds, unit = found.interval, f" {found.unit}" if found.unit else ""
    return (f"{quote(wave.pulse.title)}: {bounds.value:.0f}{unit} {quote(found.label, 80)} ({bounds.low:.0f} to "
            f"{bounds.high:.0f}; {found.n} answers)")  # fmt: skip


def _buttons(phase: Phase, morning: DigestData, audience: Audience) -> list[Block]:
    """The list behind each number, which holds the very same tickets."""
    if audience is Audience.REPORTERS:
        report = button("Report a problem", "report", style="primary")
        return [report, button("Known issues", "known"), button("My reports", "mine")]
    end, count, backlog = f"public tasks phase:{phase.key}", morning.count, morning.backlog

    def span(moment: str, begins: datetime = morning.since, ends: datetime = morning.until) -> str:
        return f"{AgeRange(moment, begins, ends)} {end}"

    lists = (
        ("Open", f"open {end}", backlog.total), ("New", span("opened"), count.opened),
        ("Resolved", span("resolved"), count.resolved), ("Reopened", span("reopened"), count.reopened),
        ("Over their time", f"late {end}", backlog.late), ("Ran over", span("breached"), count.breached),
        ("Unanswered", f"received {end}", backlog.unanswered),
        ("Waiting for reporters", f"waiting {end}", backlog.theirs), ("Put off", f"deferred {end}", backlog.deferred),
        ("No owner", f"open unowned {end}", backlog.unowned),
    )  # fmt: skip
    shown = [
        button(f"{label} ({number})", f"list:{n}", asked) for n, (label, asked, number) in enumerate(lists) if number
    ]
    trends = [button("Trends", "trends", phase.key)] if audience is Audience.TEAM else []
    return [*shown, button("Metrics", "metrics", phase.key), *trends]
