"""What others bring: readings of a day, and what single reports before or after a phase came to."""

from enum import StrEnum

MAX_HOURS = 1e5  # hours
MAX_REPORTS = 1_000_000  # reports in a line


class Reading(StrEnum):
    REPORTS = "reports"  # a day, before the go-live or after the phase
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


class Baseline(StrEnum):
    """Of single reports before the go-live or after the phase; the same is known of those in it."""

    RESOLUTION = "resolution"  # working hours, each report by itself; `30+` of one that was open then
    IN_TIME = "in_time"  # resolved within their targets, as `14/17` of a day
    FIRST_FIX = "first_fix"  # resolved at the first try, likewise

    @property
    def example(self) -> str:
        if self is Baseline.RESOLUTION:
            return "a time in working hours such as 12.5, or 30+ for a report that was still open then"
        return "a share of a day's reports such as 14/17"

    def came(self, text: str) -> dict[tuple[int, bool], int]:
        """How many came to which value, and whether they ended there; ValueError for what cannot be read so."""
        if self is Baseline.RESOLUTION:
            hours = float(text.removesuffix("+"))
            if not 0 <= hours <= MAX_HOURS:
                raise ValueError(text)
            return {(round(hours * 60), not text.endswith("+")): 1}
        good, every = (int(part) for part in text.split("/"))
        if not 0 <= good <= every <= MAX_REPORTS:
            raise ValueError(text)
        return {(1, True): good, (0, True): every - good}
