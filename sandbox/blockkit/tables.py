"""Tables and charts: the blocks that carry numbers."""

from typing import Any

from sandbox.blockkit.rich import CONTAINERS
from sandbox.blockkit.rules import Report, Rule, Table, array, choice, flag, number, text, thing, typed

TYPE = text()
ID: Table = {"type": TYPE, "block_id": text(255)}
MAX_CONTENT = 10_000
MAX_DATA_ROWS = 101

CELL = typed(
    {
        "raw_text": thing({"type": TYPE, "text": text()}, ("text",)),
        "raw_number": thing({"type": TYPE, "value": number(whole=False), "text": text()}, ("value", "text")),
        "rich_text": thing({"type": TYPE, "block_id": text(), "elements": array(typed(CONTAINERS))}, ("elements",)),
    }
)
ROW = array(CELL, 20, least=1)


SETTING = thing({"align": choice("left", "center", "right"), "is_wrapped": flag})


def _rows(value: dict[str, Any]) -> list[list[Any]]:
    rows = value.get("rows")
    return [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []


def _same_width(value: dict[str, Any], at: str, report: Report) -> None:
    widths = {len(row) for row in _rows(value)}
    if len(widths) > 1:
        report.add(f"{at}/rows", "all rows must have the same number of cells", "row_shape", None, sorted(widths))


def _settings_fit(value: dict[str, Any], at: str, report: Report) -> None:
    settings = value.get("column_settings")
    rows = _rows(value)
    if isinstance(settings, list) and rows and len(settings) > len(rows[0]):
        report.add(f"{at}/column_settings", "more settings than columns", "max_items", len(rows[0]), len(settings))


def _content(value: dict[str, Any], at: str, report: Report) -> None:
    size = sum(_characters(cell) for row in _rows(value) for cell in row)
    if size > MAX_CONTENT:
        report.add(f"{at}/rows", f"must hold less than {MAX_CONTENT + 1} characters", "max_length", MAX_CONTENT, size)


def _characters(cell: Any) -> int:
    """How much text is in a cell, whatever its kind."""
    if isinstance(cell, list):
        return sum(_characters(one) for one in cell)
    if not isinstance(cell, dict):
        return 0
    return len(str(cell.get("text", ""))) + _characters(cell.get("elements"))


TABLE = thing(
    ID | {"rows": array(ROW, 100, least=1), "column_settings": array(SETTING, 20)},
    ("rows",),
    _same_width,
    _settings_fit,
    _content,
)
DATA_TABLE = thing(
    ID
    | {"caption": text(), "rows": array(ROW, MAX_DATA_ROWS, least=2)}
    | {"page_size": number(1, 100), "row_header_column_index": number(0, 19)},
    ("caption", "rows"),
    _same_width,
    _content,
)

POINT = thing({"label": text(20), "value": number(whole=False)}, ("label", "value"))
SEGMENT = thing({"label": text(20), "value": number(above=0, whole=False)}, ("label", "value"))
SERIES = thing({"name": text(20), "data": array(POINT, 20, least=1)}, ("name", "data"))
AXIS = thing(
    {"categories": array(text(20), 20, least=1, unique=True)}
    | {"x_label": text(50, least=0), "y_label": text(50, least=0)},
    ("categories",),
)


def _point_for_each_category(value: dict[str, Any], at: str, report: Report) -> None:
    """Each series has exactly one point over each of the categories."""
    axis, series = value.get("axis_config"), value.get("series")
    if not isinstance(axis, dict) or not isinstance(series, list):
        return
    categories = sorted(map(str, _listed(axis.get("categories"))))
    for place, one in enumerate(series):
        points = _listed(one.get("data")) if isinstance(one, dict) else []
        labels = sorted(str(point.get("label")) for point in points if isinstance(point, dict))
        if labels != categories:
            message = "must have exactly one point for each category"
            report.add(f"{at}/series/{place}/data", message, "categories", categories, labels)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


AXES: Rule = thing(
    {"type": TYPE, "series": array(SERIES, 6, least=1), "axis_config": AXIS},
    ("series", "axis_config"),
    _point_for_each_category,
)
PIE = thing({"type": TYPE, "segments": array(SEGMENT, 6, least=1)}, ("segments",))
CHART = typed({"line": AXES, "bar": AXES, "area": AXES, "pie": PIE})
DATA_VISUALIZATION = thing(ID | {"title": text(50), "chart": CHART}, ("title", "chart"))
