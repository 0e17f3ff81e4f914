"""The six figures by which a phase is judged, each with its target: what is reached, and what is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Goal(StrEnum):
    CRITICALS = "criticals"
    MTTR = "mttr"
    SATISFACTION = "satisfaction"
    UPTIME = "uptime"
    ERROR_RATE = "error_rate"
    BACKLOG = "backlog"

    @property
    def label(self) -> str:
        return {
            Goal.CRITICALS: "New criticals a day", Goal.MTTR: "Time to resolution, median",
            Goal.SATISFACTION: "Satisfaction", Goal.UPTIME: "Uptime", Goal.ERROR_RATE: "Error rate",
            Goal.BACKLOG: "Open tickets",
        }[self]  # fmt: skip

    @property
    def unit(self) -> str:
        """Of its target: working hours, per cent, or nothing for a count."""
        return {Goal.MTTR: "h"}.get(self, "%" if self in (Goal.SATISFACTION, Goal.UPTIME, Goal.ERROR_RATE) else "")

    @property
    def more_is_better(self) -> bool:
        return self in (Goal.SATISFACTION, Goal.UPTIME)


NONE = "none"  # a target that somebody decided not to have
USUAL: Mapping[Goal, float] = {
    Goal.CRITICALS: 0.3, Goal.MTTR: 16, Goal.SATISFACTION: 80, Goal.UPTIME: 99.5, Goal.ERROR_RATE: 1,
    Goal.BACKLOG: 20,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A figure beside its target; either is None where there is none."""

    goal: Goal
    value: float | None
    target: float | None

    @property
    def is_met(self) -> bool | None:
        if self.value is None or self.target is None:
            return None
        return self.value >= self.target if self.goal.more_is_better else self.value <= self.target


def aim(standing: Standing) -> str:
    """The target in words, such as `uptime ≥ 99.5 %`."""
    name, sign = standing.goal.label.lower(), "≥" if standing.goal.more_is_better else "≤"
    if standing.target is None:
        return f"{name} (no target)"
    return f"{name} {sign} {standing.target:g}{' ' * bool(standing.goal.unit)}{standing.goal.unit}"


def standings(values: Mapping[Goal, float | None], said: Mapping[str, float | str]) -> list[Standing]:
    """All six, in their order."""
    found = []
    for goal in Goal:
        target = said.get(goal.value, USUAL[goal])
        found.append(Standing(goal, values.get(goal), None if isinstance(target, str) else float(target)))
    return found
