"""First runs of business cycles: what became of each, and what has to be said today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.exit.settings import FirstRun
from domain.statistics.comparison import RateRatio

REMINDER = timedelta(days=2)  # before a first run its staffing is asked about


class RunVerdict(StrEnum):
    """What was decided about a first run."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WAIVED = "waived"

    @property
    def settles(self) -> bool:
        """Whether the exit no longer waits for it."""
        return self is not RunVerdict.REJECTED


class RunOccasion(StrEnum):
    """What is said about a first run on one day."""

    STAFFING = "staffing"
    WATCH = "watch"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A first run with its newest verdict, if it has one, and the reason."""

    run: FirstRun
    verdict: RunVerdict | None = None
    reason: str = ""

    @property
    def is_settled(self) -> bool:
        return self.verdict is not None and self.verdict.settles


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWindow:
    """The reports of the watched days of a first run, from `begins` until just before `ends`.

    `compared` with the same weekdays before the go-live is None before the last day is over, and with too few reports.
    """

    begins: datetime
    ends: datetime
    reports: int
    critical: int
    has_baseline: bool = False
    compared: RateRatio | None = None


def statuses(runs: Sequence[FirstRun], verdicts: Mapping[str, tuple[RunVerdict, str]]) -> list[RunStatus]:
    """Return each first run by date, with its verdict by name."""
    return [RunStatus(run, *verdicts.get(run.name, (None, ""))) for run in sorted(runs, key=lambda one: one.on)]


def last_day(run: FirstRun) -> date:
    """Return the last day on which it is watched."""
    return run.on + timedelta(days=run.watch_days - 1)


def occasion(run: FirstRun, today: date) -> RunOccasion | None:
    """Return what has to be known about it today, once; None before it is near."""
    if today > last_day(run):
        return RunOccasion.VERDICT
    if today >= run.on:
        return RunOccasion.WATCH
    return RunOccasion.STAFFING if today >= run.on - REMINDER else None


def after_planned_end(runs: Sequence[RunStatus], planned_end: date | None) -> list[FirstRun]:
    """Return the first runs that are still watched when the phase is planned to end."""
    return [one.run for one in runs if planned_end and not one.is_settled and last_day(one.run) >= planned_end]
