"""Charts of the report as inline SVG, in the page's colours and fonts, light and dark.

matplotlib gets placeholder colours, which are replaced by the page's CSS variables. Ids get the chart's name as a
prefix, so that several charts fit into one page.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bot.views.text import day
from domain.phases.report import PhaseReport
from domain.reporting.readings import Reading
from domain.reporting.trends import HourlyCounts
from domain.schedule import WEEKDAYS
from domain.statistics.survival import SurvivalCurve

PLACEHOLDER_COLORS = {
    "#010101": "var(--ink)",
    "#020202": "var(--muted)",
    "#030303": "var(--line)",
    "#040404": "var(--c1)",
    "#050505": "var(--c2)",
    "#060606": "var(--c3)",
}
INK, MUTED, LINE, C1, C2, C3 = PLACEHOLDER_COLORS
mpl.rcParams.update({
    "svg.fonttype": "none", "text.parse_math": False,
    "font.family": "sans-serif", "font.size": 10, "text.color": INK, "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED, "xtick.color": MUTED, "ytick.color": MUTED, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "axes.grid.axis": "y", "grid.color": LINE, "grid.linewidth": 0.6,
    "axes.axisbelow": True, "legend.frameon": False, "figure.facecolor": "none", "axes.facecolor": "none",
    "savefig.facecolor": "none",
})  # fmt: skip
WIDTH, HEIGHT = 5.8, 2.6  # inches; the page scales them
MAX_LABELS = 12  # of bars, one below the other
MAX_DATES = 8  # along an axis; more would touch
ID = re.compile(r'\b(id="|href="#|url\(#)')


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as SVG with a text alternative, and its numbers as a table."""

    title: str
    svg: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def flow(report: PhaseReport) -> Picture:
    """New and resolved tickets by day."""
    days = [day(on) for on, _, _ in report.days]
    new, done = [c.opened for _, c, _ in report.days], [c.resolved for _, c, _ in report.days]
    figure, axes = _axes()
    axes.plot(range(len(days)), new, color=C1, marker="o", markersize=3, label="New")
    axes.plot(range(len(days)), done, color=C2, marker="s", markersize=3, linestyle="--", label="Resolved")
    _legend(axes)
    _dates(axes, days)
    _counts(axes)
    return _drawn("flow", "New and resolved, by day", figure, ["Day", "New", "Resolved"], _rows(days, new, done))


def backlog(report: PhaseReport) -> Picture:
    """Open tickets at the end of each day."""
    days, open_ = [day(on) for on, _, _ in report.days], [n for _, _, n in report.days]
    figure, axes = _axes()
    axes.fill_between(range(len(days)), open_, color=C1, alpha=0.25)
    axes.plot(range(len(days)), open_, color=C1)
    _dates(axes, days)
    _counts(axes)
    return _drawn("backlog", "Open at the end of the day", figure, ["Day", "Open"], _rows(days, open_))


def shares(name: str, title: str, counts: Mapping[str, int]) -> Picture:
    """Reports by category, most frequent first."""
    some = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(some) > MAX_LABELS:
        rest = some[MAX_LABELS - 1 :]
        some = [*some[: MAX_LABELS - 1], (f"{len(rest)} others", sum(n for _, n in rest))]
    figure, axes = _axes(height=0.5 + 0.3 * max(3, len(some)))
    axes.barh([label or "not given" for label, _ in some], [n for _, n in some], color=C1)
    axes.invert_yaxis()
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    for place, (_, n) in enumerate(some):
        axes.annotate(f" {n}", (n, place), va="center", color=INK)
    rows = [[label or "not given", str(n)] for label, n in some]
    return _drawn(name, title, figure, [title.rpartition(" ")[2].capitalize(), "Reports"], rows)


def waiting(found: SurvivalCurve) -> Picture:
    """The share of tickets not resolved after so many working hours."""
    times, left = [0.0, *(t / 60 for t, _ in found.steps)], [1.0, *(share for _, share in found.steps)]
    figure, axes = _axes()
    axes.step(times, [100 * share for share in left], where="post", color=C1)
    axes.set_ylim(0, 102)
    axes.set_xlabel("working hours since it was reported")
    axes.set_ylabel("% not resolved")
    step = max(1, len(times) // MAX_LABELS)
    rows = [[f"{t:.1f} h", f"{100 * share:.0f} %"] for t, share in zip(times[::step], left[::step], strict=True)]
    return _drawn("waiting", "Time to resolution", figure, ["Working hours", "Not resolved"], rows)


def week(hours: HourlyCounts, name: str = "week", title: str = "Reports") -> Picture:
    """Reports by weekday and hour."""
    most = max(hours.values(), default=0) or 1
    figure, axes = _axes(height=2.4)
    for (weekday, hour), count in sorted(hours.items()):
        axes.add_patch(mpl.patches.Rectangle((hour, weekday), 0.94, 0.9, color=C1, alpha=0.15 + 0.85 * count / most))
    axes.set_xlim(0, 24)
    axes.set_ylim(7, 0)
    axes.set_yticks([n + 0.45 for n in range(7)], [name.capitalize() for name in WEEKDAYS])
    axes.set_xticks(range(0, 25, 3))
    axes.grid(visible=False)
    rows = [[WEEKDAYS[weekday].capitalize(), f"{hour}:00", str(n)] for (weekday, hour), n in sorted(hours.items())]
    return _drawn(name, f"{title} by weekday and hour", figure, ["Day", "Hour", "Reports"], rows)


def satisfaction(report: PhaseReport) -> Picture:
    """Satisfaction by wave, with 95 % bounds."""
    days = [day(on) for on, _ in report.satisfaction]
    found = [bounds for _, bounds in report.satisfaction]
    reach = [[b.value - b.low for b in found], [b.high - b.value for b in found]]
    figure, axes = _axes()
    axes.errorbar(range(len(days)), [b.value for b in found], yerr=reach, color=C3, marker="o", capsize=3)
    axes.set_ylim(0, 102)
    _dates(axes, days)
    rows = [[label, f"{b.value:.0f} %", f"{b.low:.0f} to {b.high:.0f} %"] for label, b in zip(days, found, strict=True)]
    return _drawn("satisfaction", "Satisfied users, by wave", figure, ["Wave", "Satisfied", "95 % bounds"], rows)


def satisfaction_and_adoption(report: PhaseReport) -> Picture:
    """Satisfaction by wave with 95 % bounds, and adoption by day, on one axis of days."""
    waves, used = report.satisfaction, report.readings[Reading.ADOPTION]
    first = min(waves[0][0], used[0][0])
    figure, axes = _axes()
    reach = [[b.value - b.low for _, b in waves], [b.high - b.value for _, b in waves]]
    axes.errorbar([(on - first).days for on, _ in waves], [b.value for _, b in waves], yerr=reach, color=C3, marker="o",
                  capsize=3, label="Satisfied")  # fmt: skip
    axes.plot([(on - first).days for on, _ in used], [value for _, value in used], color=C1, label="Use the system")
    axes.set_ylim(0, 102)
    _legend(axes)
    _dates(axes, [day(first + timedelta(days=n)) for n in range((max(waves[-1][0], used[-1][0]) - first).days + 1)])
    rows = sorted([(on, "satisfied", f"{b.value:.0f} % ({b.low:.0f} to {b.high:.0f} %)") for on, b in waves]
                  + [(on, "use the system", f"{value:g} %") for on, value in used])  # fmt: skip
    return _drawn("satisfaction", "Satisfaction and adoption, in %", figure, ["Day", "What", "Value"],
                  [[day(on), what, value] for on, what, value in rows])  # fmt: skip


def measured(name: str, report: PhaseReport) -> Picture:
    """Readings from other systems by day."""
    days = [day(on) for on, _ in report.readings[name]]
    values = [value for _, value in report.readings[name]]
    figure, axes = _axes()
    axes.plot(range(len(days)), values, color=C3, marker="o", markersize=3)
    _dates(axes, days)
    title = f"{name.replace('_', ' ').capitalize()}, in %"
    return _drawn(name, title, figure, ["Day", "%"], [[d, f"{v:g}"] for d, v in zip(days, values, strict=True)])


def _axes(height: float = HEIGHT) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def _dates(axes: Axes, labels: Sequence[str]) -> None:
    step = -(-len(labels) // MAX_DATES) or 1
    axes.set_xticks(range(0, len(labels), step), labels[::step])


def _legend(axes: Axes) -> None:
    """Name the lines above the chart, where none of them passes."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0)


def _counts(axes: Axes) -> None:
    """Start the axis at 0, with whole numbers."""
    axes.set_ylim(bottom=0, top=max(1, axes.get_ylim()[1]))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _rows(labels: Sequence[str], *series: Sequence[int]) -> list[list[str]]:
    return [[label, *map(str, values)] for label, *values in zip(labels, *series, strict=True)]


def _drawn(name: str, title: str, figure: Figure, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Picture:
    made = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(made, format="svg", metadata={"Date": None, "Creator": None})
    svg = made.getvalue()
    svg = ID.sub(rf"\g<1>{name}-", svg[svg.index("<svg") :])
    for colour, meant in PLACEHOLDER_COLORS.items():
        svg = svg.replace(colour, meant)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", svg.replace("\n", " "), count=1)
    svg = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1
    )
    return Picture(title, svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1), head, rows)
