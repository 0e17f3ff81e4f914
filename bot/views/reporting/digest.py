"""The digest message: counts, charts, what needs attention, and buttons for the tickets behind each number."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.views import charts
from bot.views.followup.promises import summary as summary_of_promises
from bot.views.followup.workarounds import digest_blocks as workaround_blocks
from bot.views.people.names import name_of
from bot.views.reporting.metrics import BACKLOG, kpi_line, summary
from bot.views.text import Block, actions, button, context, day, mention, message, quote, section, when
from bot.views.tickets.card import promise_line
from domain.phases.phase import Phase
from domain.pulse.results import score
from domain.pulse.wave import Wave
from domain.reporting.digest import CHART_DAYS, DigestData, UnusualCount, WeekSummary
from domain.reporting.figures import Backlog, PeriodCounts
from domain.reporting.kpis import TargetResult
from domain.reporting.metrics import backlog_trend, calculate_metrics
from domain.reporting.settings import Audience, Digest, DigestFrequency
from domain.text import plural
from domain.tickets.filters import AgeRange
from domain.tickets.ticket import Severity, Ticket

Message = dict[str, Any]
UNASSIGNED, UNCOVERED = "unassigned", "no one"
MAX_MODULES = 8
MAX_PROMISES = 10
MAX_THANKS = 5


def digest(
    phase: Phase, asked: Digest, morning: DigestData, week: WeekSummary | None, kpis: Sequence[TargetResult]
) -> Message:  # fmt: skip
    """Return the digest for its audience; a weekly one has a `week`, and some have the `kpis`."""
    if morning.is_quiet and asked.every is DigestFrequency.DAY:
        quiet = f"Nothing new since {when(morning.since)}. {_open(morning.backlog)}"
        return message(f"{phase.key} · {quiet}", [section(f"*{quote(phase.name)}*: {quiet}")])
    text = f"{phase.key} · {_open(morning.backlog)} {_happened(morning.count)}"
    blocks = [section(_head(phase, asked, morning)), section(_overview(morning, asked.audience))]
    blocks += [
        section("\n".join(found))
        for found in (_overdue(morning), _due_today(morning), _promises(morning), _unsorted(morning))
        if found and _names_tickets(asked)
    ]
    blocks += [section("\n".join(_thanks(morning)))] if morning.thanks else []
    blocks += [section(morning.decisions_line)] if morning.decisions_line and _names_tickets(asked) else []
    blocks += [section(morning.actions_line)] if morning.actions_line and _names_tickets(asked) else []
    blocks += [section(morning.contacts_line)] if morning.contacts_line and _names_tickets(asked) else []
    blocks += workaround_blocks(morning.workarounds) if asked.audience is not Audience.REPORTERS else []
    blocks += [section(morning.exit_line)] if morning.exit_line and asked.audience is not Audience.REPORTERS else []
    blocks += _unusual_counts(morning) + _charts(morning) + _modules(morning.backlog)
    blocks += _week(morning, week) if week else []
    blocks += [section("\n".join(map(kpi_line, kpis)))] if kpis else []
    return message(text, [*blocks, *_foot(morning, asked), actions(*_buttons(phase, morning, asked.audience))])


def link(phase: Phase, address: str, expires: datetime) -> str:
    """The answer with a link to the report, which names no person."""
    return f"Anyone with this link can read the report of {quote(phase.name)} until {when(expires)}: {address}"


def wallboard_link(phase: Phase, address: str, expires: datetime) -> str:
    """The answer with the link to a wallboard."""
    return (
        f"Open this link on a screen. Anyone with it can see the wallboard of {quote(phase.name)} until "
        f"{when(expires)}: {address}"
    )


def _names_tickets(asked: Digest) -> bool:
    """Whether the digest names tickets and people: only for the team."""
    return asked.audience is Audience.TEAM


def _open(backlog: Backlog) -> str:
    critical, high = backlog.severities[Severity.CRITICAL], backlog.severities[Severity.HIGH]
    if critical and high:
        sentence = "Open: {open} ({critical} critical, {high} high)."
    elif critical:
        sentence = "Open: {open} ({critical} critical)."
    else:
        sentence = "Open: {open} ({high} high)." if high else "Open: {open}."
    return sentence.format(open=backlog.total, critical=critical, high=high)


def _happened(count: PeriodCounts) -> str:
    counts = (("New: {}.", count.opened), ("Resolved: {}.", count.resolved),
              ("Reopened: {}.", count.reopened), ("Missed a target: {}.", count.breached))  # fmt: skip
    return " ".join(sentence.format(n) for i, (sentence, n) in enumerate(counts) if n or i < 2)


def _head(phase: Phase, asked: Digest, morning: DigestData) -> str:
    local = morning.until.astimezone(ZoneInfo(asked.timezone or phase.timezone))
    number = (local.date() - phase.go_live).days + 1 if phase.go_live else 0
    total = (phase.planned_end - phase.go_live).days + 1 if phase.go_live and phase.planned_end else 0
    name, since = quote(phase.name), when(morning.since)
    if number <= 0:
        return f"*{name}* · since {since}"
    if number <= total:
        return f"*{name}* · day {number} of {total} · since {since}"
    return f"*{name}* · day {number} · since {since}"


def _overview(morning: DigestData, audience: Audience) -> str:
    backlog, count = morning.backlog, morning.count
    lines = [f"*{_open(backlog)}* {_happened(count)}"]
    if audience is Audience.REPORTERS:
        return "\n".join([*lines, "See your own reports with `/hypercare mine`."])
    parts = (("Waiting on the team: {}.", backlog.waiting_on_team),
             ("Waiting on reporters: {}.", backlog.waiting_on_reporter),
             ("Deferred: {}.", backlog.deferred), ("Unassigned: {}.", backlog.unassigned))  # fmt: skip
    lines += [" ".join(sentence.format(n) for sentence, n in parts if n)] if backlog.total else []
    if morning.oldest_unacknowledged and audience is Audience.TEAM:
        oldest = morning.oldest_unacknowledged
        lines.append(f"Oldest unacknowledged: {_name(oldest)}, since {when(oldest.opened_at)}")
    if morning.expected_daily:
        lines.append(f"Planned: {morning.expected_daily:g} reports a working day. Received: {count.opened}.")
    if count.praise:
        lines.append(plural(count.praise, "1 report of praise.", "{count} reports of praise."))
    return "\n".join(lines)


def _name(ticket: Ticket) -> str:
    return f"*{ticket.name}* {quote(ticket.summary, 100)}"


def _overdue(morning: DigestData) -> list[str]:
    if not morning.overdue:
        return []
    rest = morning.backlog.overdue - len(morning.overdue)
    rows = [f"• {_name(t)} · since {when(t.due_at)} · {mention(t.owner) if t.owner else UNASSIGNED}"
            for t in morning.overdue if t.due_at]  # fmt: skip
    return [f":hourglass: *Overdue* ({morning.backlog.overdue})", *rows,
            *([f"… and {rest} more"] if rest > 0 else [])]  # fmt: skip


def _due_today(morning: DigestData) -> list[str]:
    if not morning.due_today:
        return []
    rest = morning.backlog.due_today - len(morning.due_today)
    rows = [f"• {_name(t)} · {when(t.due_at)}" for t in morning.due_today if t.due_at]
    return [f"*Due today* ({morning.backlog.due_today})", *rows, *([f"… and {rest} more"] if rest > 0 else [])]


def _thanks(morning: DigestData) -> list[str]:
    """The newest thanks."""
    rest = len(morning.thanks) - MAX_THANKS
    lines = [f":heart: {name_of(by)} says: {quote(words, 250)}" for by, words in morning.thanks[-MAX_THANKS:]]
    return [*lines, *([f"… and {rest} more"] if rest > 0 else [])]


def _unsorted(morning: DigestData) -> list[str]:
    """What has lacked a type, a module, a process or an owner for too long."""
    tickets, total = morning.unsorted
    rows = [f"• {_name(ticket)} · since {when(ticket.opened_at)}" for ticket in tickets]
    rest = total - len(rows)
    more = [f"… and {rest} more. Type `/hypercare list unsorted` to see all."] if rest > 0 else []
    return (
        [f"*Not sorted yet* ({total}): without a type, a module, a process or an owner", *rows, *more] if rows else []
    )


def _promises(morning: DigestData) -> list[str]:
    """The promises to reporters that are due today."""
    rows = [
        f"• {_name(ticket)} · {promise_line(kind, due)} · {mention(maker)}"
        for ticket, kind, maker, due in morning.promises
    ]
    return [f"*Promised for today* ({len(rows)})", *rows[:MAX_PROMISES]] if rows else []


def _unusual_counts(morning: DigestData) -> list[Block]:
    """The unusual counts of the last working day, if any."""
    lines = [":mag: *Unusual counts*", *map(_unusual, morning.unusual)]
    return [section("\n".join(lines))] if morning.unusual else []


def _unusual(found: UnusualCount) -> str:
    low, high = found.limits.counts
    return f"{found.name.capitalize()} on {found.on:%a} {day(found.on)}: {found.value} (usually {low} to {high})"


def _charts(morning: DigestData) -> list[Block]:
    """New and resolved tickets of the last days, and the open ones by severity."""
    busy = [n for n, (_, count) in enumerate(morning.days) if not count.is_quiet]
    if not busy:
        return []
    shown = morning.days[busy[0] :][-CHART_DAYS:]  # from the first day with reports
    labels = [day(on) for on, _ in shown]
    lines = {"New": [c.opened for _, c in shown], "Resolved": [c.resolved for _, c in shown]}
    severities = {s.value.capitalize(): morning.backlog.severities[s] for s in Severity}
    drawn = charts.chart("New and resolved, by day", "line", lines, labels), charts.pie("Open, by severity", severities)
    return [one for one in drawn if one]


def _modules(backlog: Backlog) -> list[Block]:
    modules = [(name or "not given", count) for name, count in backlog.modules.most_common(MAX_MODULES)]
    return [charts.table("Open, by module", ["Module", "Open"], modules)] if len(modules) > 1 else []


def _week(morning: DigestData, week: WeekSummary) -> list[Block]:
    count, before = morning.count, week.previous
    flow = backlog_trend(count.opened, count.closed)
    new = f"New: {count.opened} (previously {before.opened})."
    resolved = f"Resolved: {count.resolved} (previously {before.resolved})."
    kept = summary_of_promises(week.promises)
    return [section(f"{new} {resolved} {BACKLOG[flow]}"), section(summary(calculate_metrics(week.cohort))),
            *([section(kept)] if kept else [])]  # fmt: skip


def _foot(morning: DigestData, asked: Digest) -> Iterable[Block]:
    on_call = ", ".join(f"{name} {mention(person) if person else UNCOVERED}" for name, person in morning.on_call)
    lines = [f"On call: {on_call}"] if on_call and _names_tickets(asked) else []
    lines += ["Older tickets are still being counted."] if morning.is_incomplete else []
    lines += [line] if morning.pulse and (line := _pulse_line(morning.pulse)) else []
    return [context(*lines)] if lines else []


def _pulse_line(wave: Wave) -> str:
    found = score(wave.pulse.questions[0], wave.result) if wave.result else None
    if found is None:
        return ""
    bounds, unit = found.interval, f" {found.unit}" if found.unit else ""
    return (f"{quote(wave.pulse.title)}: {bounds.value:.0f}{unit} {quote(found.label, 80)} ({bounds.low:.0f} to "
            f"{bounds.high:.0f}, answers: {found.n})")  # fmt: skip


def _buttons(phase: Phase, morning: DigestData, audience: Audience) -> list[Block]:
    """A button for each number that lists the same tickets."""
    if audience is Audience.REPORTERS:
        report = button("Report problem", "report", style="primary")
        return [report, button("Known issues", "known"), button("My reports", "mine")]
    end, count, backlog = f"public tasks phase:{phase.key}", morning.count, morning.backlog

    def span(moment: str, begins: datetime = morning.since, ends: datetime = morning.until) -> str:
        return f"{AgeRange(moment, begins, ends)} {end}"

    lists = (
        ("Open", f"open {end}", backlog.total),
        ("New", span("opened"), count.opened),
        ("Resolved", span("resolved"), count.resolved),
        ("Reopened", span("reopened"), count.reopened),
        ("Overdue", f"late {end}", backlog.overdue),
        ("Missed target", span("breached"), count.breached),
        ("Unacknowledged", f"received {end}", backlog.unacknowledged),
        ("Awaiting reporters", f"waiting {end}", backlog.waiting_on_reporter),
        ("Deferred", f"deferred {end}", backlog.deferred),
        ("Unassigned", f"open unowned {end}", backlog.unassigned),
    )
    shown = [
        button(f"{label} ({number})", f"list:{n}", asked) for n, (label, asked, number) in enumerate(lists) if number
    ]
    if audience is not Audience.TEAM:
        return [*shown, button("Metrics", "metrics", phase.key)]
    plan = [button("Actions", "actions", phase.key)] if morning.actions_line else []
    plan += [button("Workarounds", "workarounds", phase.key)] if morning.workarounds.in_use else []
    plan += [button("Decisions", "decisions", phase.key)] if morning.decisions_line else []
    return [*shown, button("Metrics", "metrics", phase.key), button("Trends", "trends", phase.key), *plan]
