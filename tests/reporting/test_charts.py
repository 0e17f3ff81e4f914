"""Charts and tables hold Slack's rules whatever the figures are."""

from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from bot.views import charts
from sandbox.blockkit import check_blocks

NUMBER = st.none() | st.integers() | st.floats()
NAMES = st.lists(st.text(max_size=40), max_size=25)


@given(NAMES, NAMES, st.data())
def test_a_chart_has_one_finite_point_for_each_category(
    names: list[str], labels: list[str], data: st.DataObject
) -> None:
    rows = st.lists(NUMBER, min_size=len(labels), max_size=len(labels))
    made = charts.chart("x", "line", {name: data.draw(rows) for name in names}, labels)
    assert made is None or check_blocks([made]) == []


@given(st.text(), st.dictionaries(st.text(), st.floats() | st.integers(), max_size=20))
def test_a_pie_has_positive_segments_that_differ(title: str, segments: dict[str, float]) -> None:
    made = charts.pie(title, segments)
    assert made is None or check_blocks([made]) == []


@given(st.text(), st.lists(st.tuples(st.text(), st.floats(), st.integers()), min_size=1, max_size=120))
def test_a_table_has_a_text_in_every_cell(caption: str, rows: list[tuple[str, float, int]]) -> None:
    assert check_blocks([charts.table(caption, ["Name", "", "Number"], rows)]) == []


def test_a_wide_table_loses_its_last_rows() -> None:
    made = charts.table("x", ["Name"], [["x" * 400]] * 100)
    assert check_blocks([made]) == []
    assert 30 < len(made["rows"]) < 100


def test_a_gap_leaves_out_its_label_and_a_series_that_began_late_does_not_hide_the_others() -> None:
    made = charts.chart("x", "line", {"a": [1, None, 3, 4], "b": [1, 2, 3, nan]}, ["w", "x", "y", "z"])
    assert made
    assert made["chart"]["axis_config"]["categories"] == ["w", "y"]
    made = charts.chart("x", "line", {"new": [None, None, 3], "old": [1, 2, inf]}, ["x", "y", "z"])
    assert made
    assert [one["name"] for one in made["chart"]["series"]] == ["old"]
    assert made["chart"]["axis_config"]["categories"] == ["x", "y"]
