"""Charts and tables as Slack draws them, cut to what they hold.

https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
"""

from collections.abc import Mapping, Sequence

from bot.views.text import Block

POINTS, LABEL, TITLE, SERIES = 20, 20, 50, 6  # what a chart holds
ROWS, COLUMNS = 100, 20  # what a table holds, its head left out
Number = int | float


def chart(title: str, kind: str, series: Mapping[str, Sequence[Number | None]], labels: Sequence[str]) -> Block:
    """Lines, bars or areas: of each series a value, or none, for each of the labels, of which the last twenty count.

    Labels differ within their first twenty characters.
    """
    shown = [label[:LABEL] for label in labels[-POINTS:]]
    drawn = [{"name": name[:LABEL], "data": _points(shown, values[-POINTS:])} for name, values in series.items()]
    drawn = [one for one in drawn if one["data"]][:SERIES]
    return _drawn(title, {"type": kind, "series": drawn, "axis_config": {"categories": shown}})


def pie(title: str, segments: Mapping[str, Number]) -> Block | None:
    """In their order; None where there is nothing to share. Of too many the smallest are put together."""
    some = [(name, value) for name, value in segments.items() if value > 0]
    if not some:
        return None
    if len(some) > SERIES:
        some = sorted(some, key=lambda pair: -pair[1])
        some = [*some[: SERIES - 1], ("others", sum(value for _, value in some[SERIES - 1 :]))]
    return _drawn(title, {"type": "pie", "segments": [{"label": cut(n, LABEL), "value": v} for n, v in some]})


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | Number]]) -> Block:
    """One that readers sort and filter; numbers stay numbers. At least one row."""
    cells = [[_cell(one) for one in row[:COLUMNS]] for row in [head, *rows[:ROWS]]]
    return {"type": "data_table", "caption": caption, "rows": cells}


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _points(labels: Sequence[str], values: Sequence[Number | None]) -> list[Block]:
    both = zip(labels, values, strict=True)
    return [{"label": label, "value": value} for label, value in both if value is not None]


def _cell(value: str | Number) -> Block:
    if isinstance(value, str):
        return {"type": "raw_text", "text": value or "–"}
    return {"type": "raw_number", "value": value}


def _drawn(title: str, made: Block) -> Block:
    return {"type": "data_visualization", "title": cut(title, TITLE), "chart": made}
