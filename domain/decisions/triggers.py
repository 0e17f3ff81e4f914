"""Triggers: rules written before the go-live, such as `critical_open >= 3 for 30m`, and when each one fires."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.statistics.burn_rates import FAST, SLOW, burn_rate

RULE = re.compile(r"^([a-z_]+)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)(?:\s+for\s+(?=\d)(?:(\d{1,3})h)?(?:(\d{1,4})m)?)?$")
COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
BURN_WINDOWS = (FAST, SLOW)


class TriggerMeasure(StrEnum):
    """What a trigger compares."""

    CRITICAL_OPEN = "critical_open"
    HIGH_OPEN = "high_open"
    OPEN = "open"
    OVERDUE = "overdue"
    UNASSIGNED = "unassigned"
    ERROR_RATE = "error_rate"  # per cent, the reading of today
    UPTIME = "uptime"  # likewise
    ERROR_BUDGET_BURN = "error_budget_burn"  # how many times a page-worthy burn is exceeded; 1 is the limit

    @property
    def label(self) -> str:
        return {
            TriggerMeasure.CRITICAL_OPEN: "Open critical tickets",
            TriggerMeasure.HIGH_OPEN: "Open high tickets",
            TriggerMeasure.OPEN: "Open tickets",
            TriggerMeasure.OVERDUE: "Overdue tickets",
            TriggerMeasure.UNASSIGNED: "Unassigned tickets",
            TriggerMeasure.ERROR_RATE: "Error rate today, %",
            TriggerMeasure.UPTIME: "Uptime today, %",
            TriggerMeasure.ERROR_BUDGET_BURN: "Error budget burn, of the limit",
        }[self]


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """A measure that has to compare so with a value for a time."""

    measure: TriggerMeasure
    sign: str
    value: float
    lasting: timedelta

    def holds(self, measured: float | None) -> bool:
        """Return whether it holds now; what is not measured does not."""
        return measured is not None and COMPARE[self.sign](measured, self.value)


def parse_rule(text: str) -> TriggerRule:
    """Read a rule; ValueError with a sentence when it can't be read."""
    rule = "error_budget_burn >= 1" if text.strip() == TriggerMeasure.ERROR_BUDGET_BURN else text.strip()
    found = RULE.match(rule)
    if not found or found.group(1) not in list(TriggerMeasure):
        known = ", ".join(TriggerMeasure)
        raise ValueError(f"a rule is written as in `critical_open >= 3 for 30m`, with one of: {known}")
    hours, minutes = int(found.group(4) or 0), int(found.group(5) or 0)
    return TriggerRule(TriggerMeasure(found.group(1)), found.group(2), float(found.group(3)),
                       timedelta(hours=hours, minutes=minutes))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watch:
    """Since when a trigger's rule holds without a break, and whether it has fired since then."""

    since: datetime | None = None
    fired: bool = False


def watched(rule: TriggerRule, before: Watch, measured: float | None, now: datetime) -> tuple[Watch, bool]:
    """Return the watch after a look, and whether the trigger fires: once, when the rule has held for its time."""
    if not rule.holds(measured):
        return Watch(), False
    since = before.since or now
    fires = not before.fired and now - since >= rule.lasting
    return Watch(since, before.fired or fires), fires


def burn_of_limit(error_rates: Mapping[timedelta, float], slo: float) -> float:
    """Return the burn rate as a multiple of what a page is due at, by the error rate of each window; 0 without data.

    It exceeds 1 when both windows of a pair exceed their limit.
    """
    found = [min(burn_rate(error_rates[span], slo) for span in (one.long, one.short)) / one.rate
             for one in BURN_WINDOWS if one.long in error_rates and one.short in error_rates]  # fmt: skip
    return max(found, default=0.0)
