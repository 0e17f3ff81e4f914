"""The page of a phase, which is the canvas of a channel: its agenda, dates, people, known issues and figures."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.views.people.names import name_of
from bot.views.text import MENTION, day
from domain.decisions.decision import Decision
from domain.phases.phase import Phase
from domain.text import escape_markdown, one_line, plural, shorten
from domain.tickets.ticket import Severity, Ticket
from domain.warroom.agenda import Agenda, PhasePage

MARK = "Hypercare writes this page anew each working day"  # by which a canvas is known as ours
TEXT_LIMIT = 150  # characters of what a person wrote
NO_OWNER, NO_ONE = "no owner", "no one right now"


def page(phase: Phase, agenda: Agenda, found: PhasePage) -> tuple[str, str]:
    """Return the title of the page and its text as Markdown."""
    note = f"*{MARK}, so what you write here is lost. Talk in the thread of the agenda.*"
    parts = [
        ("Dates", _dates(phase, agenda.on)),
        ("People", _people(found)),
        ("How to report", _ways_in(phase)),
        ("Known issues", [_known(one) for one in found.known_issues] or ["There are no known issues."]),
        ("Figures", _figures(phase, agenda, found)),
    ]
    sections = [_part(f"## {heading}", rows) for heading, rows in parts]
    whole = [f"# {_said(phase.name)}", note, f"## Agenda of {day(agenda.on)}", *_agenda(phase, agenda), *sections]
    return one_line(phase.name), "\n\n".join(whole) + "\n"


def _part(heading: str, rows: Sequence[str]) -> str:
    return f"{heading}\n\n" + "\n".join(f"- {row}" for row in rows)


def _agenda(phase: Phase, found: Agenda) -> list[str]:
    """Return what the team has to talk about."""
    blocked = [f"**{one.name}** {_said(one.title)} · waits for {', '.join(names)}" for one, names in found.blocked]
    parts = (
        ("Critical", [_ticket(phase, one) for one in found.critical]),
        ("Overdue", [_ticket(phase, one) for one in found.overdue]),
        ("Blocked", blocked), ("To be decided", [_due(phase, one) for one in found.due]),
        ("Decided", [f"**{one.name}** {_said(one.question)}: {_said(one.choice)}" for one in found.decided]),
    )  # fmt: skip
    empty = " · ".join(f"{label}: none" for label, rows in parts if not rows)
    none = [empty] if empty else []
    return [*(_part(f"### {label}", rows) for label, rows in parts if rows), *none, _load(found)]


def _ticket(phase: Phase, one: Ticket) -> str:
    owner = name_of(one.owner) if one.owner else NO_OWNER
    due = f" · due {_moment(phase, one.due_at)}" if one.due_at else ""
    return f"**{one.name}** {_said(one.summary)} · {one.status.label} · {owner}{due}"


def _due(phase: Phase, one: Decision) -> str:
    due = f" · decide by {_moment(phase, one.due_at)}" if one.due_at else ""
    return f"**{one.name}** {_said(one.question)}{due}"


def _load(found: Agenda) -> str:
    if found.load is None:
        return "**Capacity**: there are too few tickets yet to tell."
    return f"**Capacity**: the tickets take {100 * found.load:.0f} % of the team's time."


def _dates(phase: Phase, today: date) -> list[str]:
    known = (("Go-live", phase.go_live), ("Planned end", phase.planned_end))
    rows = [f"**{label}**: {day(on)} {on.year}{_distance(on, today)}" for label, on in known if on]
    return rows or ["The dates of this phase aren't set yet."]


def _distance(on: date, today: date) -> str:
    days = (on - today).days
    if days == 0:
        return ", today"
    return (plural(days, ", tomorrow", ", in {count} days") if days > 0
            else plural(-days, ", yesterday", ", {count} days ago"))  # fmt: skip


def _people(found: PhasePage) -> list[str]:
    on_call = [f"**On call** ({_said(rota)}): {name_of(who) if who else NO_ONE}"
               for rota, who in found.on_call]  # fmt: skip
    return [f"**Leads**: {', '.join(name_of(one) for one in found.leads)}", *on_call]


def _ways_in(phase: Phase) -> list[str]:
    channels = ", ".join(f"![](#{one})" for one in phase.intake_channels)
    there = [f"Or write in {channels}"] if channels else []
    return ["Type `/hypercare report` anywhere, or choose *Report to hypercare* in the menu of a message", *there,
            "Look first whether the problem is known: `/hypercare known`"]  # fmt: skip


def _known(one: Ticket) -> str:
    people = plural(max(one.affected, 1), "1 person affected", "{count} people affected")
    around = f" · Workaround: {_said(one.workaround)}" if one.workaround else ""
    return f"**{one.name}** {_said(one.summary)} · {one.status.label} · {people}{around}"


def _figures(phase: Phase, agenda: Agenda, found: PhasePage) -> list[str]:
    backlog, counts = found.backlog, agenda.changed
    by_severity = ", ".join(f"{one.value} {backlog.severities[one]}" for one in Severity if backlog.severities[one])
    changed = (f"new {counts.opened}, resolved {counts.resolved}, reopened {counts.reopened}, "
               f"missed a target {counts.breached}")  # fmt: skip
    return [
        f"**Open**: {backlog.total} ({by_severity})" if by_severity else f"**Open**: {backlog.total}",
        f"**Unassigned**: {backlog.unassigned}, **overdue**: {backlog.overdue}",
        f"**Since {_moment(phase, agenda.since)}**: {changed}",
    ]


def _said(text: str) -> str:
    """Return what a person wrote as one line in which nothing is a mention, a link or a heading."""
    return escape_markdown(shorten(one_line(MENTION.sub("@someone", text)), TEXT_LIMIT))


def _moment(phase: Phase, at: datetime) -> str:
    """Return a time in the phase's own zone, since canvases have no dates that each reader sees in their own."""
    local = at.astimezone(ZoneInfo(phase.timezone))
    return f"{day(local.date())}, {local:%H:%M %Z}"
