"""Readings from other systems and files: daily values, and values of single reports before or after a phase."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

MAX_HOURS = 1e5  # hours
MAX_REPORTS = 1_000_000  # in a line of a file


class Reading(StrEnum):
    """A daily value."""

    REPORTS = "reports"  # of a day before the go-live or after the phase
    CRITICALS = "criticals"  # likewise
    UPTIME = "uptime"  # per cent
    ERROR_RATE = "error_rate"  # per cent
    ADOPTION = "adoption"  # per cent of the intended users

    @property
    def is_percentage(self) -> bool:
        return self not in (Reading.REPORTS, Reading.CRITICALS)

    def accepts(self, value: float) -> bool:
        """Whether the value is in the possible range."""
        return 0 <= value <= (100 if self.is_percentage else 1e9)


@dataclass(frozen=True, slots=True)
class ObjectiveReading:
    """The daily value of a business objective; `value` is its name, as of a Reading."""

    value: str
    is_percentage: bool = False

    def accepts(self, value: float) -> bool:
        """Whether it is a number."""
        return isfinite(value)


class Baseline(StrEnum):
    """A value of single reports before the go-live or after the phase, to compare with those of the phase."""

    RESOLUTION = "resolution"  # working hours; `30+` for a report that was still open
    IN_TIME = "in_time"  # resolved within the target, such as `14/17` of a day
    FIRST_FIX = "first_fix"  # resolved without reopening, likewise
    SATISFIED = "satisfied"  # satisfied answers of a survey, likewise

    @property
    def example(self) -> str:
        if self is Baseline.RESOLUTION:
            return "a time in working hours such as 12.5, or 30+ for a report that was still open"
        if self is Baseline.SATISFIED:
            return "a share of a day's answers such as 14/17"
        return "a share of a day's reports such as 14/17"

    def parse(self, text: str) -> dict[tuple[int, bool], int]:
        """Return {(value, ended): count}; minutes for RESOLUTION, else 1 or 0. ValueError for an invalid text."""
        if self is Baseline.RESOLUTION:
            hours = float(text.removesuffix("+"))
            if not 0 <= hours <= MAX_HOURS:
                raise ValueError(text)
            return {(round(hours * 60), not text.endswith("+")): 1}
        good, total = (int(part) for part in text.split("/"))
        if not 0 <= good <= total <= MAX_REPORTS:
            raise ValueError(text)
        return {(1, True): good, (0, True): total - good}
