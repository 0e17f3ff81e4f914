"""Charts of a message as PNG, for mail programs: colours that can be told apart, on white."""

import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, MUTED, LINE = "#1d1c1d", "#616061", "#dddddd"
COLORS = ("#1264a3", "#2e7d32", "#c77700", "#b3261e", "#6a4fa3", "#57606a")
MARKERS = "os^Dvx"
WIDTH, HEIGHT, DPI = 5.8, 2.6, 160
MAX_LABELS = 8  # along an axis
LOOK: Any = {
    "font.family": "sans-serif", "font.size": 10, "text.color": INK, "axes.edgecolor": LINE, "axes.labelcolor": MUTED,
    "xtick.color": MUTED, "ytick.color": MUTED, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.grid.axis": "y", "grid.color": LINE, "grid.linewidth": 0.6, "axes.axisbelow": True,
    "legend.frameon": False, "text.parse_math": False,
}  # fmt: skip


def draw(chart: dict[str, Any]) -> bytes:
    """Return a chart block of Slack as a picture; shares are drawn as bars, which are easier to compare."""
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained", facecolor="white")
        axes = figure.add_subplot(facecolor="white")
        if chart["type"] == "pie":
            _bars(axes, [(str(one["label"]), one["value"]) for one in chart["segments"]])
        else:
            _lines(axes, chart)
        made = io.BytesIO()
        figure.savefig(made, format="png", dpi=DPI, metadata={"Software": None})
    return made.getvalue()


def _lines(axes: Axes, chart: dict[str, Any]) -> None:
    labels = chart["axis_config"]["categories"]
    for number, one in enumerate(chart["series"]):
        axes.plot(range(len(labels)), [point["value"] for point in one["data"]], label=one["name"],
                  color=COLORS[number % len(COLORS)], marker=MARKERS[number % len(MARKERS)], markersize=4)  # fmt: skip
    step = -(-len(labels) // MAX_LABELS) or 1
    axes.set_xticks(range(0, len(labels), step), labels[::step])
    axes.set_ylim(bottom=0, top=max(1, axes.get_ylim()[1]))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()


def _bars(axes: Axes, shares: list[tuple[str, float]]) -> None:
    drawn = axes.barh([label for label, _ in shares], [value for _, value in shares], color=COLORS[0], height=0.6)
    axes.bar_label(drawn, fmt="{:g}", padding=3, color=INK)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
