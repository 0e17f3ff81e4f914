"""Metrics in words."""

import pytest

from bot.views.metrics import judged_line
from domain.goals import Goal, Standing


@pytest.mark.parametrize(("value", "said"), [
    (0.304, "0.304"), (0.3, "0.3"), (0.29999, "0.29999"), (1 / 3, "0.33"), (2.0, "2"), (0.0, "0"),
])  # fmt: skip
def test_a_figure_can_be_told_from_the_target_that_it_misses(value: float, said: str) -> None:
    line = judged_line(Standing(Goal.CRITICALS, value, 0.3))
    assert f"*{said}* (target at most 0.3)" in line
    assert line.endswith("not met") is (value > 0.3)
