"""The wallboard: one page for a screen, which draws itself again and quotes no private or anonymous ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from domain.phases.phase import Phase
from domain.reporting.figures import Backlog
from domain.statistics.intervals import Interval
from domain.text import shorten
from domain.tickets.ticket import Severity, Ticket

REFRESH = timedelta(seconds=60)
WIDTH, HEIGHT = 600, 120  # of the burn-down
STYLE = (
    "body{margin:0;padding:2vw;background:#10151b;color:#e8edf2;font:2.2vw/1.35 system-ui,sans-serif}"
    "h1{font-size:3vw;margin:0 0 1vw}h2{font-size:1.6vw;color:#9aa7b5;margin:1.5vw 0 .5vw}"
    "ul{list-style:none;margin:0;padding:0}.n{display:flex;gap:3vw}.n b{display:block;font-size:5vw}"
    ".bad{color:#ff8f80}.muted{color:#9aa7b5;font-size:1.4vw}svg{width:100%;height:14vw}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallboard:
    """What a wallboard shows at `at`: the first of the open public critical tickets, and figures without private ones.

    `open_by_day` has the open tickets at the end of each day, oldest first; `on_call` the rota and name of each person.
    """

    phase: Phase
    at: datetime
    critical: Sequence[Ticket]
    critical_count: int
    backlog: Backlog
    open_by_day: Sequence[int]
    targets_met: Interval | None  # share, with its 95 % bounds
    on_call: Sequence[tuple[str, str]]


def page(shown: Wallboard) -> str:
    """Return the page; everything that people wrote is escaped."""
    backlog, name = shown.backlog, escape(shown.phase.name)
    critical = [f"<li>{_line(shown, one)}</li>" for one in shown.critical] or ["<li>No critical ticket is open.</li>"]
    if (rest := shown.critical_count - len(shown.critical)) > 0:
        critical.append(f'<li class="muted">… and {rest} more</li>')
    numbers = (("critical", shown.critical_count), ("high", backlog.severities[Severity.HIGH]),
               ("open", backlog.total), ("unassigned", backlog.unassigned), ("overdue", backlog.overdue))  # fmt: skip
    cells = "".join(
        f"<div{_bad(label, count)}><b>{count}</b>{label}</div>" for label, count in numbers
    )  # fmt: skip
    duty = "".join(f"<li>{escape(rota)}: {escape(person)}</li>" for rota, person in shown.on_call)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        f'<meta http-equiv="refresh" content="{REFRESH.seconds}"><title>{name}</title><style>{STYLE}</style></head>\n'
        f'<body><h1>{name}</h1><div class="n">{cells}</div>\n<h2>Critical</h2><ul>{"".join(critical)}</ul>\n'
        f"<h2>Open tickets by day</h2>{_burn_down(shown.open_by_day)}\n<h2>SLA targets met in four weeks</h2>"
        f"<p>{_met(shown.targets_met)}</p>\n<h2>On call</h2><ul>{duty or '<li>No one</li>'}</ul>\n"
        f'<p class="muted">{shown.at:%d %b %H:%M} UTC. Private tickets are not shown.</p></body></html>\n'
    )


def _bad(label: str, count: int) -> str:
    return ' class="bad"' if count and label in ("critical", "overdue") else ""


def _line(shown: Wallboard, ticket: Ticket) -> str:
    words = "" if ticket.anonymous or ticket.private else f" {escape(shorten(ticket.report.summary, 70))}"
    minutes = max(0, round((shown.at - ticket.opened_at) / timedelta(minutes=1)))
    age = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    return f'{escape(ticket.name)}{words} <span class="muted">{ticket.status.label}, {age}</span>'


def _met(share: Interval | None) -> str:
    if share is None:
        return "No target was met or missed yet."
    return f"{100 * share.value:.0f} % (95 % between {100 * share.low:.0f} and {100 * share.high:.0f} %)"


def _burn_down(counts: Sequence[int]) -> str:
    """Return the line of open tickets as SVG, with its numbers as text."""
    if len(counts) < 2:
        return '<p class="muted">Shown from the second day on.</p>'
    most, last = max(*counts, 1), len(counts) - 1
    points = " ".join(f"{WIDTH * n / last:.1f},{HEIGHT * (1 - count / most):.1f}" for n, count in enumerate(counts))
    told = ", ".join(map(str, counts))
    return (
        f'<svg viewBox="-4 -4 {WIDTH + 8} {HEIGHT + 8}" preserveAspectRatio="none" role="img" aria-label="{told}">'
        f'<polyline points="{points}" fill="none" stroke="#5fb3ce" stroke-width="4"/></svg>'
        f'<p class="muted">{counts[0]} at first, {most} at most, {counts[-1]} now, in at most two weeks</p>'
    )
