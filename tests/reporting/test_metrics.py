"""How KPI values are written."""

import pytest

from bot.views.reporting.metrics import kpi_line
from domain.reporting.kpis import KpiTarget, TargetResult


@pytest.mark.parametrize(("value", "target", "said"), [
    (0.304, 0.3, "*0.304* (target at most 0.3)"), (0.3, 0.3, "*0.3* (target at most 0.3)"),
    (0.299999, 0.3, "*0.3* (target at most 0.3)"), (1 / 3, 0.3, "*0.33* (target at most 0.3)"),
    (2.0, 0.3, "*2* (target at most 0.3)"), (0.0, 0.3, "*0* (target at most 0.3)"),
    (1.0, 0.999, "*1* (target at most 0.999)"), (0.9982, 0.999, "*0.998* (target at most 0.999)"),
])  # fmt: skip
def test_a_value_is_rounded_so_that_a_missed_target_shows(value: float, target: float, said: str) -> None:
    line = kpi_line(TargetResult(KpiTarget.CRITICALS, value, target))
    assert said in line
    assert line.endswith("missed") is (value > target)
