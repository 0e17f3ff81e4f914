"""What a report of a whole phase is made of; it names no person and quotes no ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.phases.phase import Phase
from domain.reporting.figures import Backlog, Cohort, PeriodCounts
from domain.reporting.impact import ImpactRow
from domain.reporting.kpis import TargetResult
from domain.reporting.trends import Trends
from domain.statistics.intervals import Interval

Series = Sequence[tuple[date, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseReport:
    """`days` are whole days, the oldest first, each with what was open at its end. `sides` has cohorts by side."""

    phase: Phase
    since: datetime
    at: datetime
    judged: Sequence[TargetResult]
    count: PeriodCounts
    days: Sequence[tuple[date, PeriodCounts, int]]
    backlog: Backlog
    whole: Cohort
    sides: Mapping[str, Mapping[str, Cohort]]
    trends: Trends
    impact: Sequence[ImpactRow]
    satisfaction: Sequence[tuple[date, Interval]]
    readings: Mapping[str, Series]
