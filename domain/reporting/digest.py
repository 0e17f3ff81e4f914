"""Digests: their audience, schedule and contents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.followup.promises import KeptPromises, PromiseKind
from domain.followup.workarounds import NO_WORKAROUNDS, WorkaroundCounts
from domain.pulse.wave import Wave
from domain.reporting.figures import Backlog, Cohort, PeriodCounts
from domain.reporting.settings import Digest, DigestFrequency
from domain.schedule import WEEKDAYS, Schedule
from domain.sla.working_time import WorkCalendar
from domain.statistics.control_charts import ControlLimits, xmr_limits
from domain.tickets.ticket import Ticket

DAY = timedelta(days=1)
MAX_DELAY = timedelta(hours=6)  # a missed digest is sent up to so much later
HISTORY_DAYS = 28  # from which the usual counts are calculated
CHART_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSchedule:
    """When a digest is sent: its settings with the working days, time zone and holidays of its phase."""

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

    def is_due_on(self, on: date) -> bool:
        """Whether a digest is sent on that day; not on holidays, unless the digest has days of its own."""
        is_free = not self.digest.days and on in self.holidays and self.digest.every is DigestFrequency.DAY
        return WEEKDAYS[on.weekday()] in self.days and not is_free

    def send_time(self, on: date) -> datetime | None:
        """Return when the digest of that day is sent; None on a day without one."""
        return self.plan.moment(on) if self.is_due_on(on) else None

    def previous_send_time(self, until: datetime) -> datetime:
        """Return when the last digest before that moment was planned."""
        on = until.astimezone(ZoneInfo(self.zone)).date()
        moments = (self.send_time(on - back * DAY) for back in range(40))
        return next((one for one in moments if one and one < until), until - DAY)


@dataclass(frozen=True, slots=True)
class UnusualCount:
    """A count of the last working day that is outside of its usual limits."""

    name: str
    value: int
    on: date
    limits: ControlLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestData:
    """The contents of a digest for the time from `since` to `until`."""

    since: datetime
    until: datetime
    count: PeriodCounts
    backlog: Backlog
    oldest_unacknowledged: Ticket | None = None
    overdue: Sequence[Ticket] = ()  # the most urgent ones
    due_today: Sequence[Ticket] = ()  # the first ones
    days: Sequence[tuple[date, PeriodCounts]] = ()  # the days before today, oldest first
    unusual: Sequence[UnusualCount] = ()
    on_call: Sequence[tuple[str, str]] = ()  # rota and person
    pulse: Wave | None = None
    expected_daily: float = 0.0  # reports that were planned for a working day
    promises: Sequence[tuple[Ticket, PromiseKind, str, datetime]] = ()  # due today: ticket, kind, maker, due time
    unsorted: tuple[Sequence[Ticket], int] = ((), 0)  # the first ones, and how many, for the team
    thanks: Sequence[tuple[str, str]] = ()  # person and text
    decisions_line: str = ""  # how many decisions are open, for the team
    contacts_line: str = ""  # how many contacts walkers had, for the team
    actions_line: str = ""  # how many actions are open, for the team
    workarounds: WorkaroundCounts = NO_WORKAROUNDS
    exit_line: str = ""  # whether the phase may end
    is_incomplete: bool = False  # whether some tickets have no milestones yet

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened and nothing is due, so that one line is enough."""
        rest = (self.overdue, self.backlog.due_today, self.unusual, self.pulse, self.backlog.unacknowledged,
                self.promises, self.thanks, self.workarounds.late, self.actions_line, self.decisions_line,
                self.contacts_line, self.unsorted[1])  # fmt: skip
        return self.count.is_quiet and not any(rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSummary:
    """The additional contents of a weekly digest."""

    cohort: Cohort  # the tickets opened lately
    previous: PeriodCounts  # of the period of the same length before
    promises: KeptPromises  # since the last digest


WATCHED_COUNTS: Mapping[str, str] = {"opened": "new", "critical": "new criticals", "resolved": "resolved",
                             "breached": "missed targets", "reopened": "reopened"}  # fmt: skip


def unusual_counts(days: Sequence[tuple[date, PeriodCounts]], hours: WorkCalendar) -> list[UnusualCount]:
    """Return the counts of the last working day that are outside of the XmR limits of those before."""
    worked = [(on, count) for on, count in days if hours.is_working_day(on)]
    if not worked:
        return []
    (on, last), before = worked[-1], worked[:-1]
    found = []
    for name, label in WATCHED_COUNTS.items():
        usual = xmr_limits([getattr(count, name) for _, count in before])
        if usual and usual.excludes(getattr(last, name)):
            found.append(UnusualCount(label, getattr(last, name), on, usual))
    return found


def local_days(zone: str, until: datetime, count: int) -> list[tuple[date, datetime, datetime]]:
    """Return the `count` whole local days before `until`, oldest first, with their start and end in UTC."""
    place = ZoneInfo(zone)
    today = until.astimezone(place).date()
    dates = [today - back * DAY for back in range(count, 0, -1)]
    return [(on, _midnight(on, place), _midnight(on + DAY, place)) for on in dates]


def _midnight(on: date, place: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), place).astimezone(UTC)
