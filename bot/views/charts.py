"""Charts and tables as Slack blocks, cut to Slack's limits.

https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import isfinite

from bot.views.text import Block
from domain.text import one_line

MAX_POINTS, MAX_LABEL_LENGTH, MAX_TITLE_LENGTH, MAX_SERIES = 20, 20, 50, 6
MAX_ROWS, MAX_COLUMNS = 100, 20  # without the header row
MAX_TABLE_CHARS, MAX_CELL_CHARS = 10_000, 300
MIN_SHARED_LABELS = 2  # fewer show no course
Number = int | float


def chart(title: str, kind: str, series: Mapping[str, Sequence[Number | None]], labels: Sequence[str]) -> Block | None:
    """Return a line, bar or area chart: each series has a value or None for each label; the last 20 labels are shown.

    Slack wants one value for each label in every series. So labels without one are left out; a series that would
    leave only one label is left out instead, the one with the fewest values first. None when nothing is left.
    """
    values = {name: [_finite(one) for one in found[-MAX_POINTS:]] for name, found in series.items()}
    chosen = [name for name in values if any(one is not None for one in values[name])][:MAX_SERIES]
    shown = _common(values, chosen)
    while len(shown) < MIN_SHARED_LABELS and len(chosen) > 1:
        chosen.remove(min(reversed(chosen), key=lambda name: sum(one is not None for one in values[name])))
        shown = _common(values, chosen)
    if not shown:
        return None
    categories = distinct([labels[-MAX_POINTS:][at] for at in shown])
    names = distinct(chosen)
    drawn = [
        {
            "name": name,
            "data": [{"label": label, "value": values[key][at]} for label, at in zip(categories, shown, strict=True)],
        }
        for name, key in zip(names, chosen, strict=True)
    ]
    return _drawn(title, {"type": kind, "series": drawn, "axis_config": {"categories": categories}})


def pie(title: str, segments: Mapping[str, Number]) -> Block | None:
    """Return a pie chart; None without positive values. The smallest of too many segments become "others"."""
    some = [(name, value) for name, value in segments.items() if isfinite(value) and value > 0]
    if not some:
        return None
    if len(some) > MAX_SERIES:
        some = sorted(some, key=lambda pair: -pair[1])
        some = [*some[: MAX_SERIES - 1], ("others", sum(value for _, value in some[MAX_SERIES - 1 :]))]
    labels = distinct([name for name, _ in some])
    return _drawn(
        title,
        {"type": "pie", "segments": [{"label": n, "value": v} for n, (_, v) in zip(labels, some, strict=True)]},
    )


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | Number]]) -> Block:
    """Return a table that readers can sort and filter; it needs at least one row. Rows past Slack's limit are left out.

    A number carries its text too: the types of Slack's own libraries want it.
    """
    cells = [[_cell(one) for one in row[:MAX_COLUMNS]] for row in [head, *rows[:MAX_ROWS]]]
    sizes = accumulate(sum(len(cell["text"]) for cell in row) for row in cells)
    fitting = [row for row, size in zip(cells, sizes, strict=True) if size <= MAX_TABLE_CHARS]
    return {"type": "data_table", "caption": one_line(caption) or "–", "rows": fitting}


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, with an ellipsis where the text is cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def distinct(names: Sequence[str]) -> list[str]:
    """Return labels of at most 20 characters that all differ."""
    labels: list[str] = []
    for name in names:
        label, count = cut(one_line(name) or "–", MAX_LABEL_LENGTH), 1
        while label in labels:
            count += 1
            label = f"{one_line(name)[: MAX_LABEL_LENGTH - len(str(count)) - 1]} {count}"
        labels.append(label)
    return labels


def _common(values: Mapping[str, Sequence[Number | None]], chosen: Sequence[str]) -> list[int]:
    """Return the places where all of these series have a value."""
    rows = zip(*(values[name] for name in chosen), strict=True)
    return [at for at, row in enumerate(rows) if all(one is not None for one in row)]


def _finite(value: Number | None) -> Number | None:
    return value if value is not None and isfinite(value) else None


def _cell(value: str | Number) -> Block:
    if isinstance(value, str):
        return {"type": "raw_text", "text": cut(one_line(value), MAX_CELL_CHARS) or "–"}
    if not isfinite(value):
        return {"type": "raw_text", "text": "–"}
    return {"type": "raw_number", "value": value, "text": f"{value:.10g}" if isinstance(value, float) else str(value)}


def _drawn(title: str, made: Block) -> Block:
    return {"type": "data_visualization", "title": cut(one_line(title) or "–", MAX_TITLE_LENGTH), "chart": made}
