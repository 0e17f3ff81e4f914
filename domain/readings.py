"""Readings of a day that others bring: how it was before the go-live, and what only other systems know."""

from enum import StrEnum


class Reading(StrEnum):
    REPORTS = "reports"  # a day, before the go-live
    CRITICALS = "criticals"  # likewise
    UPTIME = "uptime"  # per cent
    ERROR_RATE = "error_rate"  # per cent
    ADOPTION = "adoption"  # per cent of those who should use the system that do

    @property
    def is_share(self) -> bool:
        return self not in (Reading.REPORTS, Reading.CRITICALS)

    def fits(self, value: float) -> bool:
        """Whether it can be that."""
        return 0 <= value <= (100 if self.is_share else 1e9)
