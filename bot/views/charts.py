"""Charts and tables as Slack blocks, cut to Slack's limits.

https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
"""

from collections.abc import Mapping, Sequence

from bot.views.text import Block

MAX_POINTS, MAX_LABEL_LENGTH, MAX_TITLE_LENGTH, MAX_SERIES = 20, 20, 50, 6
MAX_ROWS, MAX_COLUMNS = 100, 20  # without the header row
Number = int | float


def chart(title: str, kind: str, series: Mapping[str, Sequence[Number | None]], labels: Sequence[str]) -> Block:
    """Return a line, bar or area chart: each series has a value or None for each label; the last 20 labels are shown.

    Labels must differ in their first 20 characters.
    """
    shown = [label[:MAX_LABEL_LENGTH] for label in labels[-MAX_POINTS:]]
    drawn = [
        {"name": name[:MAX_LABEL_LENGTH], "data": _points(shown, values[-MAX_POINTS:])}
        for name, values in series.items()
    ]
    drawn = [one for one in drawn if one["data"]][:MAX_SERIES]
    return _drawn(title, {"type": kind, "series": drawn, "axis_config": {"categories": shown}})


def pie(title: str, segments: Mapping[str, Number]) -> Block | None:
    """Return a pie chart; None without positive values. The smallest of too many segments become "others"."""
    some = [(name, value) for name, value in segments.items() if value > 0]
    if not some:
        return None
    if len(some) > MAX_SERIES:
        some = sorted(some, key=lambda pair: -pair[1])
        some = [*some[: MAX_SERIES - 1], ("others", sum(value for _, value in some[MAX_SERIES - 1 :]))]
    return _drawn(
        title, {"type": "pie", "segments": [{"label": cut(n, MAX_LABEL_LENGTH), "value": v} for n, v in some]}
    )


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | Number]]) -> Block:
    """Return a table that readers can sort and filter; it needs at least one row."""
    cells = [[_cell(one) for one in row[:MAX_COLUMNS]] for row in [head, *rows[:MAX_ROWS]]]
    return {"type": "data_table", "caption": caption, "rows": cells}


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, with an ellipsis where the text is cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _points(labels: Sequence[str], values: Sequence[Number | None]) -> list[Block]:
    both = zip(labels, values, strict=True)
    return [{"label": label, "value": value} for label, value in both if value is not None]


def _cell(value: str | Number) -> Block:
    if isinstance(value, str):
        return {"type": "raw_text", "text": value or "–"}
    return {"type": "raw_number", "value": value, "text": str(value)}


def _drawn(title: str, made: Block) -> Block:
    return {"type": "data_visualization", "title": cut(title, MAX_TITLE_LENGTH), "chart": made}
