"""The six figures by which a phase is judged, each with its target: what is reached, and what is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class KpiTarget(StrEnum):
    CRITICALS = "criticals"
    MTTR = "mttr"
    SATISFACTION = "satisfaction"
    UPTIME = "uptime"
    ERROR_RATE = "error_rate"
    BACKLOG = "backlog"

    @property
    def label(self) -> str:
        return {
            KpiTarget.CRITICALS: "New criticals a day", KpiTarget.MTTR: "Time to resolution, median",
            KpiTarget.SATISFACTION: "Satisfaction", KpiTarget.UPTIME: "Uptime", KpiTarget.ERROR_RATE: "Error rate",
            KpiTarget.BACKLOG: "Open tickets",
        }[self]  # fmt: skip

    @property
    def unit(self) -> str:
        """Of its target: working hours, per cent, or nothing for a count."""
        return {KpiTarget.MTTR: "h"}.get(
            self, "%" if self in (KpiTarget.SATISFACTION, KpiTarget.UPTIME, KpiTarget.ERROR_RATE) else ""
        )

    @property
    def more_is_better(self) -> bool:
        return self in (KpiTarget.SATISFACTION, KpiTarget.UPTIME)


NO_TARGET = "none"  # a target that somebody decided not to have
DEFAULT_TARGETS: Mapping[KpiTarget, float] = {
    KpiTarget.CRITICALS: 0.3,
    KpiTarget.MTTR: 16,
    KpiTarget.SATISFACTION: 80,
    KpiTarget.UPTIME: 99.5,
    KpiTarget.ERROR_RATE: 1,
    KpiTarget.BACKLOG: 20,
}


@dataclass(frozen=True, slots=True)
class TargetResult:
    """A figure beside its target; either is None where there is none."""

    goal: KpiTarget
    value: float | None
    target: float | None

    @property
    def is_met(self) -> bool | None:
        if self.value is None or self.target is None:
            return None
        return self.value >= self.target if self.goal.more_is_better else self.value <= self.target


def describe_target(standing: TargetResult) -> str:
    """The target in words, such as `uptime ≥ 99.5 %`."""
    name, sign = standing.goal.label.lower(), "≥" if standing.goal.more_is_better else "≤"
    if standing.target is None:
        return f"{name} (no target)"
    return f"{name} {sign} {standing.target:g}{' ' * bool(standing.goal.unit)}{standing.goal.unit}"


def kpi_results(
    values: Mapping[KpiTarget, float | None], said: Mapping[KpiTarget, float | Literal["none"]]
) -> list[TargetResult]:
    """All six, in their order."""
    found = []
    for goal in KpiTarget:
        target = said.get(goal, DEFAULT_TARGETS[goal])
        found.append(TargetResult(goal, values.get(goal), None if isinstance(target, str) else target))
    return found
