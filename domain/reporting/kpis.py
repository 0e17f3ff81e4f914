"""The six KPIs of a phase with their targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class KpiTarget(StrEnum):
    """A KPI that can have a target."""

    CRITICALS = "criticals"
    MTTR = "mttr"
    SATISFACTION = "satisfaction"
    UPTIME = "uptime"
    ERROR_RATE = "error_rate"
    BACKLOG = "backlog"

    @property
    def label(self) -> str:
        return {
            KpiTarget.CRITICALS: "New critical tickets a day", KpiTarget.MTTR: "Time to resolution, median",
            KpiTarget.SATISFACTION: "Satisfaction", KpiTarget.UPTIME: "Uptime", KpiTarget.ERROR_RATE: "Error rate",
            KpiTarget.BACKLOG: "Open tickets",
        }[self]  # fmt: skip

    @property
    def unit(self) -> str:
        """The unit of the value and its target: working hours, per cent, or none for counts."""
        return {KpiTarget.MTTR: "h"}.get(
            self, "%" if self in (KpiTarget.SATISFACTION, KpiTarget.UPTIME, KpiTarget.ERROR_RATE) else ""
        )

    @property
    def more_is_better(self) -> bool:
        return self in (KpiTarget.SATISFACTION, KpiTarget.UPTIME)


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
    """The value and the target of a KPI; None where there is none. `gaps` are days of the week without a reading."""

    kpi: KpiTarget
    value: float | None
    target: float | None
    gaps: int = 0

    @property
    def is_met(self) -> bool | None:
        if self.value is None or self.target is None:
            return None
        return self.value >= self.target if self.kpi.more_is_better else self.value <= self.target


def describe_target(result: TargetResult) -> str:
    """Return the target such as `uptime ≥ 99.5 %`."""
    name, sign = result.kpi.label.lower(), "≥" if result.kpi.more_is_better else "≤"
    if result.target is None:
        return f"{name} (no target)"
    return f"{name} {sign} {result.target:g}{' ' * bool(result.kpi.unit)}{result.kpi.unit}"


def kpi_results(
    values: Mapping[KpiTarget, float | None], targets: Mapping[KpiTarget, float | Literal["none"]],
    gaps: Mapping[KpiTarget, int] | None = None,
) -> list[TargetResult]:  # fmt: skip
    """Return all six KPIs in their order, each with the phase's target or the default."""
    found = []
    for kpi in KpiTarget:
        target = targets.get(kpi, DEFAULT_TARGETS[kpi])
        wanted = None if isinstance(target, str) else target
        found.append(TargetResult(kpi, values.get(kpi), wanted, (gaps or {}).get(kpi, 0)))
    return found
