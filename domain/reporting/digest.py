"""Digests: who reads one, when it comes, and what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.followup.promises import KeptPromises
from domain.pulse.wave import Wave
from domain.reporting.figures import Backlog, Cohort, PeriodCounts
from domain.reporting.settings import Digest, DigestFrequency
from domain.schedule import WEEKDAYS, Schedule
from domain.statistics.control_charts import ControlLimits, xmr_limits
from domain.tickets.ticket import Ticket

DAY = timedelta(days=1)
MAX_DELAY = timedelta(hours=6)  # a morning that was missed is made up for on that day
HISTORY_DAYS = 28  # days that tell what is usual
CHART_DAYS = 14  # of them in a chart


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSchedule:
    """When a digest comes: the plan behind it, and what its phase says of days."""

    digest: Digest
    work_days: str
    timezone: str
    holidays: frozenset[date]

    @property
    def days(self) -> Sequence[str]:
        days = (self.digest.days or self.work_days).split()
        return days[:1] if self.digest.every is DigestFrequency.WEEK else days

    @property
    def zone(self) -> str:
        return self.digest.timezone or self.timezone

    @property
    def plan(self) -> Schedule:
        return Schedule.weekly(self.days, time.fromisoformat(self.digest.at), self.zone, MAX_DELAY)

    def comes(self, on: date) -> bool:
        """Holidays are free where only working days count."""
        free = not self.digest.days and on in self.holidays and self.digest.every is DigestFrequency.DAY
        return WEEKDAYS[on.weekday()] in self.days and not free

    def moment(self, on: date) -> datetime | None:
        """When that day's digest comes; None on a day without one."""
        return self.plan.moment(on) if self.comes(on) else None

    def before(self, until: datetime) -> datetime:
        """When the last one should have come before that moment."""
        on = until.astimezone(ZoneInfo(self.zone)).date()
        moments = (self.moment(on - back * DAY) for back in range(40))
        return next((one for one in moments if one and one < until), until - DAY)


@dataclass(frozen=True, slots=True)
class UnusualCount:
    """A figure of the last working day that lies beyond where it usually does."""

    name: str
    value: int
    on: date
    limits: ControlLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestData:
    """Everything that a digest says, as of `until`."""

    since: datetime
    until: datetime
    count: PeriodCounts
    backlog: Backlog
    unanswered: Ticket | None = None  # the oldest
    late: Sequence[Ticket] = ()  # the most urgent
    promised: Sequence[Ticket] = ()  # until the end of the day; the first few
    days: Sequence[tuple[date, PeriodCounts]] = ()  # those before today, the oldest first
    unusual: Sequence[UnusualCount] = ()
    on_call: Sequence[tuple[str, str]] = ()  # rota and person
    pulse: Wave | None = None
    expected: float = 0.0  # reports that were planned for a working day
    promises: Sequence[tuple[Ticket, str, str, datetime]] = ()  # what was promised to reporters for today, by whom
    thanks: Sequence[tuple[str, str]] = ()  # who said thank you since then, and how
    behind: bool = False  # whether there are tickets that no figure knows of yet

    @property
    def is_quiet(self) -> bool:
        """Nothing happened and nothing presses, so that one line says it all."""
        rest = (self.late, self.backlog.promised, self.unusual, self.pulse, self.backlog.unanswered, self.promises,
                self.thanks)  # fmt: skip
        return self.count.is_quiet and not any(rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSummary:
    """What a weekly digest says besides."""

    whole: Cohort  # what was opened lately
    before: PeriodCounts  # what happened in as long a time before the digest before
    kept: KeptPromises  # how promises went since then


WATCHED_COUNTS: Mapping[str, str] = {"opened": "new", "critical": "new criticals", "resolved": "resolved",
                             "breached": "over their time", "reopened": "reopened"}  # fmt: skip


def unusual_counts(
    days: Sequence[tuple[date, PeriodCounts]], working: Sequence[int], free: frozenset[date]
) -> list[UnusualCount]:
    """Of the last working day whatever lies beyond the limits of those before; nothing when nothing does."""
    worked = [(on, count) for on, count in days if on.weekday() in working and on not in free]
    if not worked:
        return []
    (on, last), before = worked[-1], worked[:-1]
    found = []
    for name, label in WATCHED_COUNTS.items():
        usual = xmr_limits([getattr(count, name) for _, count in before])
        if usual and usual.excludes(getattr(last, name)):
            found.append(UnusualCount(label, getattr(last, name), on, usual))
    return found


def local_days(zone: str, until: datetime, many: int) -> list[tuple[date, datetime, datetime]]:
    """The whole days before that moment where it is, the oldest first, with their beginnings and ends in UTC."""
    place = ZoneInfo(zone)
    today = until.astimezone(place).date()
    dates = [today - back * DAY for back in range(many, 0, -1)]
    return [(on, _midnight(on, place), _midnight(on + DAY, place)) for on in dates]


def _midnight(on: date, place: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), place).astimezone(UTC)
